/** What somebody says of themselves, and how often. */
import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { type InstanceId, idOf, type WriterId } from '../../src/base/ids.ts'
import { AuthenticatedAwareness } from '../../src/doc/awareness.ts'
import type { Keyring } from '../../src/session/keyring.ts'
import { People } from '../../src/session/people.ts'
import { PRESENCE_GRACE_MS, PRESENCE_PAUSE_MS } from '../../src/wire/limits.ts'
import { decodePresence } from '../../src/wire/presence.ts'
import { isViolation } from '../../src/wire/violation.ts'
import { ada, crypto, fullRoster } from '../protocol/log-fixture.ts'
import { VirtualTime } from '../sim/time.ts'

function ground() {
  const clock = new VirtualTime()
  const said: number[] = []
  const keyring = { device: ada.device, sign: ada.sign, stored: { name: 'Ada', color: 0 } } as Keyring
  const people = new People({
    ...{ crypto, clock, keyring, roster: fullRoster() },
    me: idOf<InstanceId>(new Uint8Array(8).fill(1)),
    writer: () => idOf<WriterId>(new Uint8Array(8).fill(2)),
    place: () => 'front',
    awareness: new AuthenticatedAwareness(new Y.Doc(), () => undefined),
    isVerified: () => false,
    send: (bytes) => {
      const decoded = decodePresence(bytes)
      if (isViolation(decoded)) throw new Error(decoded.detail)
      said.push(decoded.presence.counter)
    },
  })
  people.changed()
  clock.passAtOnce(PRESENCE_PAUSE_MS)
  return { people, clock, said }
}

test('whoever is missed by a crowd at once speaks up once, and that answers them all', () => {
  const { people, clock, said } = ground()
  for (let millis = 0; millis < PRESENCE_GRACE_MS; millis += PRESENCE_PAUSE_MS) {
    people.missed(1)
    clock.passAtOnce(PRESENCE_PAUSE_MS)
  }
  expect(said).toEqual([1, 2])
})

test('whoever is missed since they last spoke up does so again at once', () => {
  const { people, clock, said } = ground()
  for (const since of [1, 2, 3]) {
    people.missed(since)
    clock.passAtOnce(PRESENCE_PAUSE_MS)
  }
  expect(said).toEqual([1, 2, 3, 4])
})

test('an answer that did not come is given again', () => {
  const { people, clock, said } = ground()
  people.missed(1)
  clock.passAtOnce(PRESENCE_GRACE_MS)
  people.missed(1)
  clock.passAtOnce(PRESENCE_PAUSE_MS)
  expect(said).toEqual([1, 2, 3])
})

test('whoever is told only that nobody hears of them says so at once', () => {
  const { people, clock, said } = ground()
  for (let times = 0; times < 2; times++) {
    people.missed(0)
    clock.passAtOnce(PRESENCE_PAUSE_MS)
  }
  expect(said).toEqual([1, 2, 3])
})
