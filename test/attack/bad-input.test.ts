/**
 * What an honest network never does and a hostile peer may: every kind of message and record lost, repeated, out of
 * order on a link; messages said again and again; acknowledgements of what nobody wrote; two people of one name.
 */
import { setTimeout as passing } from 'node:timers/promises'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type DeviceId, type EntryId, idOf, type WriterId } from '../../src/base/ids.ts'
import { decodeMessage, encodeMessage, type Message } from '../../src/wire/message.ts'
import type { LinkRecord } from '../../src/wire/record.ts'
import { isViolation } from '../../src/wire/violation.ts'
import { message } from '../wire/arbitrary.ts'
import { comesTrue, type Ground, until } from './ground.ts'
import type { HostileLink } from './hostile-link.ts'
import { contentOf, gather, type Party, textOf } from './party.ts'
import { Stage } from './stage.ts'
import { Villain } from './villain.ts'

const MINUTE = 60_000

/** One of every type, and the same ones at every run. */
const MESSAGES = new Map(
  fc.sample(message, { seed: 11, numRuns: 2_000 }).map((one) => [one.type, one] as const),
)
const RECORDS: readonly LinkRecord[] = [
  { kind: 'ping', number: 7 },
  { kind: 'pong', number: 7 },
  { kind: 'rekey' },
  { kind: 'data', lane: 'live', last: false, payload: Uint8Array.of(1) },
  { kind: 'data', lane: 'bulk', last: true, payload: Uint8Array.of(1) },
]

let stage: Stage
let ground: Ground
let party: Party
let mallory: Villain

beforeAll(async () => {
  stage = new Stage('memory', 'on')
  ground = await stage.ground()
  party = await gather(ground)
  mallory = await Villain.enlist(ground, party, 'viewer')
}, MINUTE)

afterAll(async () => {
  await stage.close()
  expect(stage.damages).toEqual([])
})

test('there is a message of every type to be mistreated', () => {
  const numbers = [...MESSAGES.values()].map((one) => encodeMessage(one)[0] as number)
  const unknown = decodeMessage(Uint8Array.of(numbers.length))
  expect(numbers.sort((a, b) => a - b)).toEqual(numbers.map((_, at) => at))
  expect(isViolation(unknown) && unknown.detail).toContain('unknown type')
})

function recordOf(one: Message): LinkRecord {
  return { kind: 'data', lane: 'live', last: true, payload: encodeMessage(one) }
}

const MISTREATED: readonly (readonly [string, LinkRecord])[] = [
  ...[...MESSAGES.values()].map((one) => [`a message "${one.type}"`, recordOf(one)] as const),
  ...RECORDS.map((one) => [`a record ${JSON.stringify({ ...one, payload: undefined })}`, one] as const),
]

const PING: LinkRecord = { kind: 'ping', number: 9 }

/** What arrives instead of the record and a ping after it. */
const MISTREATMENTS: Readonly<Record<string, (link: HostileLink, record: LinkRecord) => Uint8Array[]>> = {
  lost: (link, record) => [link.seal(record), link.seal(PING)].slice(1),
  repeated: (link, record) => [link.seal(record)].flatMap((sealed) => [sealed, sealed]),
  'out of order': (link, record) => [link.seal(record), link.seal(PING)].reverse(),
}

describe.each(MISTREATED)('%s', (_name, record) => {
  test.each(Object.keys(MISTREATMENTS))(
    '%s closes the link, by name, and touches nobody else',
    { timeout: MINUTE },
    async (how) => {
      const [before, told] = [contentOf(party.ada.doc), party.told.length]
      const link = await mallory.link(party.ada)
      for (const sealed of MISTREATMENTS[how]?.(link, record) ?? []) link.sendBytes(sealed)
      expect(await Promise.race([link.closed.then(() => 'closed'), stage.late(20_000)])).toBe('closed')
      expect(await comesTrue(() => party.told.length > told)).toBe(true)
      expect(party.told.at(-1)).toContain('Mallory')
      expect(contentOf(party.ada.doc)).toBe(before)
      expect(party.ada.peers.some(({ name }) => name === 'Ben')).toBe(true)
    },
  )
})

const TIMES = 1_000
/** Answered for nothing, whatever is said. */
const FREE_BYTES = 256 * 1024

describe.each([...MESSAGES])('a message "%s" said a thousand times', (_type, one) => {
  test('costs an answer in proportion, or the link', { timeout: MINUTE }, async () => {
    const before = contentOf(party.ada.doc)
    const link = await mallory.link(party.ada)
    await link.settle()
    const had = link.receivedBytes
    const said = encodeMessage(one)
    for (let time = 0; time < TIMES && link.isOpen; time++) link.sendFrame(said)
    await link.settle()
    const answered = link.receivedBytes - had
    expect(answered).toBeLessThanOrEqual(2 * TIMES * said.length + FREE_BYTES)
    link.close()
    expect(contentOf(party.ada.doc)).toBe(before)
    party.ada.doc.getText('main').insert(0, '.')
    expect(await comesTrue(() => textOf(party.ben) === textOf(party.ada))).toBe(true)
  })
})

test('what somebody says to hold and cannot hold makes nothing shared', { timeout: MINUTE }, async () => {
  const { ada, ben, bensDevice } = party
  await ben.saved()
  await ben.leave()
  await until('Ben is away', () => ada.peers.every(({ name }) => name !== 'Ben'))
  const link = await mallory.link(ada)
  link.send({ type: 'heads', answer: false, seen: 0, heads: [] })
  ada.doc.getText('main').insert(0, 'seen by Mallory ')
  await until('Mallory has an entry of Ada', () =>
    link.entries.some(({ device }) => device === ada.me.device),
  )
  const told = party.told.length
  const chains = new Set(link.entries.map(({ device, writer }) => `${device} ${writer}`))
  for (const chain of chains) {
    const [device, writer] = chain.split(' ') as [DeviceId, WriterId]
    link.send({ type: 'ack', acknowledgements: [{ device, writer, held: 2 ** 39 }] })
  }
  await Promise.race([link.closed, stage.late(20_000)])
  expect(await comesTrue(() => party.told.slice(told).some((line) => line.includes('Mallory')))).toBe(true)
  ada.doc.getText('main').insert(0, 'held by nobody else ')
  expect(await comesTrue(() => ada.status.unshared > 0)).toBe(true)
  party = { ...party, ben: await bensDevice.api.openSession(ben.localId) }
  expect(await comesTrue(() => textOf(party.ben) === textOf(ada), 20_000)).toBe(true)
})

test('whoever claims another history of somebody is told of as the one who differs, and nobody else is named', {
  timeout: MINUTE,
}, async () => {
  const { ada } = party
  const link = await mallory.link(ada)
  link.send({ type: 'heads', answer: false, seen: 0, heads: [] })
  ada.doc.getText('main').insert(0, 'told as it was ')
  await until('Mallory has it', () => link.entries.some(({ device }) => device === ada.me.device))
  const last = link.entries.findLast(({ device }) => device === ada.me.device)
  if (last === undefined) throw new Error('Mallory has nothing of Ada')
  const { device, writer, seq } = last
  const heldId = idOf<EntryId>(new Uint8Array(32).fill(13))
  const claim = { device, writer, held: seq, heldId, applied: seq, ended: false }
  const say = (): void => link.send({ type: 'heads', answer: false, seen: 2 ** 40, heads: [claim] })
  const told = party.told.length
  say()
  await passing(5_000)
  say()
  expect(await comesTrue(() => ada.status.problem?.kind === 'diverged')).toBe(true)
  expect(ada.status).toMatchObject({ phase: 'syncing', problem: { name: 'Mallory', mayDecide: true } })
  expect(party.told.slice(told)).toEqual([])
  link.close()
  expect(await comesTrue(() => ada.status.problem?.kind !== 'diverged', 20_000)).toBe(true)
})

test('acknowledgements of chains there are none of are kept nowhere', { timeout: MINUTE }, async () => {
  const link = await mallory.link(party.ada)
  const { crypto } = mallory
  let kept = 0
  stage.replace(
    Map.prototype,
    'set',
    (original) =>
      function (this: Map<unknown, unknown>, key, value) {
        // a chain is named by 24 bytes
        if (typeof key === 'string' && key.length === 48) kept++
        return original.call(this, key, value)
      },
  )
  for (let time = 0; time < 3 && link.isOpen; time++) {
    const acknowledgements = Array.from({ length: 10_000 }, () => ({
      device: idOf<DeviceId>(crypto.randomBytes(16)),
      writer: idOf<WriterId>(crypto.randomBytes(8)),
      held: 7,
    }))
    link.send({ type: 'ack', acknowledgements })
  }
  await link.settle()
  expect(kept).toBeLessThan(1_000)
  link.close()
})

test('two people with one name are two people', { timeout: MINUTE }, async () => {
  const { ada } = party
  const { url } = await ada.invite({ role: 'editor' })
  const namesake = await ground.device().api.joinSession(url, { name: 'Ben' })
  await until('both are here', () => ada.peers.filter(({ name }) => name === 'Ben').length === 2)
  const [one, other] = ada.members.filter(({ name }) => name === 'Ben')
  expect(one?.device).not.toBe(other?.device)
  namesake.doc.getText('main').insert(0, 'by the other Ben ')
  await until('Ada has it', () => textOf(ada).includes('the other Ben'))
  const shown = [...ada.awareness.getStates().values()].filter((state) => state['user']?.name === 'Ben')
  expect(new Set(shown.map((state) => state['user']?.device)).size).toBe(2)
  await namesake.leave()
  await until('only he left', () => ada.peers.filter(({ name }) => name === 'Ben').length === 1)
})
