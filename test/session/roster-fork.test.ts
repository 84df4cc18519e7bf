/** The owner's device signs two lists of members: everybody hears of it, nobody is let in, and editing goes on. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { NotAllowed } from '../../src/session/errors.ts'
import type { LiveSession } from '../../src/session/live-session.ts'
import { decodeSecrets } from '../../src/session/stored.ts'
import { encodeRecord, signRecord } from '../../src/wire/roster-record.ts'
import { type Town, textOf, town, until } from './town.ts'

let place: Town

beforeEach(async () => {
  place = await town()
})

afterEach(async () => {
  await place.leaveAll()
})

test('a second record at the place of another reaches everybody through whoever met it', async () => {
  const device = place.device()
  const ada = (await device.api.createSession({ name: 'Ada' })) as LiveSession
  const { url } = await ada.invite({ role: 'editor', uses: 9 })
  const ben = (await place.device().api.joinSession(url, { name: 'Ben' })) as LiveSession
  const cyd = await place.device().api.joinSession(url, { name: 'Cyd' })
  const all = [ada, ben, cyd]
  await until('all three are linked', () => all.every((one) => one.status.peers === 2))
  await ada.saved()
  const rows = await (await device.store.open(ada.localId))?.read('keys')
  const secrets = decodeSecrets(rows?.rows.find(({ key }) => key === 'secrets')?.value ?? new Uint8Array())
  if (!secrets.ok || secrets.value.rootSeed === undefined) throw new Error('no root key on this disk')
  const root = place.crypto.signKeys(secrets.value.rootSeed.reveal())
  const { roster } = ben.replica
  const at = { session: roster.session, seq: roster.seq, prev: roster.records.at(-1)?.prev ?? roster.head }
  const rival = signRecord(place.crypto, at, { type: 'policy', paused: true }, root)
  roster.take([encodeRecord(rival)], [])
  ben.doc.getText('main').insert(0, 'goes on ')
  await until('all of them say so', () =>
    all.every(({ status }) => status.problem?.kind === 'roster-fork' && status.problem.name === 'Ada'),
  )
  await until('the edit is everywhere', () => all.every((one) => textOf(one) === 'goes on '))
  await expect(ada.remove(ben.me.device)).rejects.toThrow(NotAllowed)
  await expect(place.device().api.joinSession(url, { name: 'Dee' })).rejects.toThrow()
})
