/** The owner has the session begin anew, played by whole sessions in virtual time. */
import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { type InstanceId, idOf } from '../../src/base/ids.ts'
import { heldId, heldSeq } from '../../src/protocol/chain.ts'
import { NotAllowed } from '../../src/session/errors.ts'
import type { LiveSession } from '../../src/session/live-session.ts'
import { decodeSecrets } from '../../src/session/stored.ts'
import { type Entry, sealEntry } from '../../src/wire/entry.ts'
import { textOf } from './town.ts'
import { gathered, type TownDevice, type VirtualTown, virtualTown } from './virtual-town.ts'

const somebody = idOf<InstanceId>(new Uint8Array(8).fill(7))

const write = (session: LiveSession, words: string): void => session.doc.getText('main').insert(0, words)

const append = (session: LiveSession, words: string): void => {
  const text = session.doc.getText('main')
  text.insert(text.length, words)
}

/** How often the words stand in the text. */
const times = (session: LiveSession, words: string): number => textOf(session).split(words).length - 1

/** What a copy of this device would have written next. */
async function anotherHistory(at: TownDevice, words: string): Promise<Entry> {
  const { replica, localId } = at.session as LiveSession
  const { log, chain, roster, clientID, writer } = replica
  await at.session?.saved()
  const rows = await (await at.store.open(localId))?.read('keys')
  const secrets = decodeSecrets(rows?.rows.find(({ key }) => key === 'secrets')?.value ?? new Uint8Array())
  if (!secrets.ok) throw new Error('no keys on this disk')
  const sign = log.crypto.signKeys(secrets.value.signSeed.reveal())
  const copy = new Y.Doc()
  Y.applyUpdate(copy, replica.document.encodeState())
  copy.clientID = clientID
  const before = Y.encodeStateVector(copy)
  copy.getText('main').insert(0, words)
  const body = Y.encodeStateAsUpdate(copy, before)
  const entryKey = log.entryKeyAt(roster.seq)
  if (chain === undefined || entryKey === undefined) throw new Error('it has written nothing yet')
  const place = {
    device: chain.device,
    writer,
    session: log.session,
    seq: heldSeq(chain) + 1,
    prev: heldId(chain),
  }
  const header = { ...place, kind: 'edit' as const, rosterSeq: roster.seq }
  return sealEntry(log.crypto, header, { authoredAt: 1, body }, { entryKey, sign })
}

const chainsOf = (session: LiveSession) => [...session.replica.log.chains.values()]

async function three(): Promise<{
  place: VirtualTown
  all: readonly LiveSession[]
  ada: LiveSession
  ben: LiveSession
  cyd: LiveSession
  devices: readonly TownDevice[]
}> {
  const place = await virtualTown()
  const all = await gathered(place, 3)
  const [ada, ben, cyd] = all as [LiveSession, LiveSession, LiveSession]
  write(ada, 'ada ')
  await place.pass(1_000)
  write(ben, 'ben ')
  await place.pass(1_000)
  write(cyd, 'cyd ')
  await place.until('all are equal', () => all.every((one) => textOf(one) === 'cyd ben ada '))
  return { place, all, ada, ben, cyd, devices: place.devices }
}

const equal = (place: VirtualTown, all: readonly LiveSession[]): Promise<number> =>
  place.until('all are equal and in sync', () =>
    all.every((one) => textOf(one) === textOf(all[0] as LiveSession) && one.status.phase === 'synced'),
  )

describe('a Restart', () => {
  test('ends every writer where the owner had it, keeps the text and a version of it, and typing goes on', async () => {
    const { place, all, ada, ben } = await three()
    const writers = all.map((one) => one.replica.writer)
    const documents = all.map((one) => one.doc)
    await place.run(ada.restart())
    await place.pass(10_000)
    expect(all.map(textOf)).toEqual(all.map(() => 'cyd ben ada '))
    expect(all.map((one) => one.doc)).toEqual(documents)
    for (const [index, one] of all.entries()) {
      expect(one.replica.writer).not.toBe(writers[index])
      const before = chainsOf(one).filter(({ closedAt }) => closedAt < Number.POSITIVE_INFINITY)
      expect(before.length).toBeGreaterThanOrEqual(3)
      expect(before.every(({ ended, entries }) => ended !== undefined && entries.length === 0)).toBe(true)
      const versions = await place.run(one.versions.list())
      const kept = versions.find(({ why }) => why === 'restart')
      expect(kept).toMatchObject({ by: 'Ada', length: 12 })
    }
    write(ben, 'on ')
    await place.until('it reaches everybody', () => all.every((one) => textOf(one) === 'on cyd ben ada '))
    await equal(place, all)
    await place.leaveAll()
  })

  test('is for the owner alone', async () => {
    const { place, ben } = await three()
    await expect(ben.restart()).rejects.toThrow(NotAllowed)
    await place.leaveAll()
  })

  test('loses nothing typed in the same moment', async () => {
    const { place, all, ada, ben, cyd } = await three()
    append(ben, '[b1]')
    const restart = ada.restart()
    append(cyd, '[c1]')
    append(ada, '[a1]')
    await place.run(restart)
    append(ben, '[b2]')
    await equal(place, all)
    for (const words of ['[b1]', '[c1]', '[a1]', '[b2]']) expect(times(ada, words)).toBe(1)
    await place.leaveAll()
  })

  test('lets who was away enter its edits again, once, beside what was written without it', async () => {
    const { place, all, ada, ben, devices } = await three()
    devices[1]?.pullCable()
    await place.pass(30_000)
    ben.doc.getText('main').delete(0, 4)
    write(ben, 'away ')
    append(ben, 'ben ends')
    write(ada, 'meanwhile ')
    await place.run(ada.restart())
    write(ada, 'after ')
    await place.pass(10_000)
    devices[1]?.plugIn()
    await equal(place, all)
    expect(times(ada, 'away ')).toBe(1)
    expect(times(ada, 'ben ends')).toBe(1)
    expect(times(ada, 'meanwhile ')).toBe(1)
    expect(times(ada, 'after ')).toBe(1)
    expect(times(ada, 'cyd')).toBe(0)
    const versions = await place.run(ben.versions.list())
    const kept = versions.find(({ why }) => why === 'restart')
    const texts = kept && (await place.run(ben.versions.texts(kept.id)))
    expect(texts?.get('main')).toBe('away ben ada ben ends')
    await place.leaveAll()
  })

  test('lets two who wrote into each other away from the owner each enter its own', async () => {
    const { place, all, ada, ben, cyd, devices } = await three()
    devices[0]?.pullCable()
    await place.pass(30_000)
    append(ben, '[ben was here]')
    await place.until('Cyd has it', () => times(cyd, '[ben was here]') === 1)
    cyd.doc.getText('main').insert(textOf(cyd).indexOf('was'), '<cyd too> ')
    await place.pass(2_000)
    await place.run(ada.restart())
    devices[0]?.plugIn()
    await equal(place, all)
    expect(times(ada, '[ben ')).toBe(1)
    expect(times(ada, 'was here]')).toBe(1)
    expect(times(ada, '<cyd too> ')).toBe(1)
    await place.leaveAll()
  })

  test('is followed from a checkpoint by who lacks what was written before it', async () => {
    const { place, all, ada, ben, cyd, devices } = await three()
    devices[1]?.pullCable()
    devices[2]?.pullCable()
    await place.pass(30_000)
    append(ben, '[ben]')
    for (let n = 0; n < 50; n++) {
      append(ada, `line ${n}\n`)
      await place.pass(100)
    }
    await place.run(ada.restart())
    await place.pass(10_000)
    expect(chainsOf(ada).every(({ base, entries }) => base > 0 || entries.length < 3)).toBe(true)
    devices[1]?.plugIn()
    devices[2]?.plugIn()
    await equal(place, all)
    expect(times(cyd, 'line 49')).toBe(1)
    expect(times(cyd, '[ben]')).toBe(1)
    await place.leaveAll()
  })

  test('brings in whoever joins later', async () => {
    const { place, ada, ben } = await three()
    await place.run(ada.restart())
    append(ben, 'later')
    const { url } = await place.run(ada.invite({ role: 'viewer', uses: 1 }))
    const dee = await place.settle().join(url, 'Dee')
    await place.until('Dee has all of it', () => textOf(dee) === 'cyd ben ada later')
    expect(await place.run(dee.versions.list())).not.toContainEqual(
      expect.objectContaining({ why: 'restart' }),
    )
    await place.leaveAll()
  })

  test('gives everybody the title that its owner sees, though the entry that held it is gone from that disk', async () => {
    const { place, ada, ben, cyd, devices } = await three()
    ada.setTitle('Fugue')
    await place.until('all see it', () => [ben, cyd].every(({ title }) => title === 'Fugue'))
    await place.pass(2_000)
    await place.run(ada.leave())
    devices[0]?.pullCable()
    const stored = await devices[0]?.store.open(ada.localId)
    for (const table of ['entries', 'blobs'] as const) {
      const { rows } = (await stored?.read(table)) ?? { rows: [] }
      await stored?.write(
        rows.map(({ key }) => ({ delete: table, key })),
        'strict',
      )
    }
    const again = (await devices[0]?.openAgain(0)) as LiveSession
    append(again, '[ada]')
    await place.run(again.restart())
    devices[0]?.plugIn()
    await equal(place, [again, ben, cyd])
    for (const { title, doc } of [again, ben, cyd])
      expect([title, doc.getMap('coterie').get('title')]).toEqual(['untitled', 'untitled'])
    await place.leaveAll()
  })

  test('can be done again, and names only who began since', async () => {
    const { place, all, ada, ben } = await three()
    for (let round = 0; round < 3; round++) {
      await place.run(ada.restart())
      append(ben, `[${round}]`)
      await equal(place, all)
    }
    const named = ada.replica.roster.restarts.map(({ lines }) => lines.size)
    expect(named[0]).toBeGreaterThanOrEqual(3)
    expect(named.slice(1).every((size) => size <= 3)).toBe(true)
    expect(textOf(ada)).toBe('cyd ben ada [0][1][2]')
    await place.leaveAll()
  })

  test('reaches who was away through several of them', async () => {
    const { place, all, ada, ben, devices } = await three()
    devices[1]?.pullCable()
    await place.pass(30_000)
    append(ben, '[away]')
    for (let round = 0; round < 3; round++) {
      append(ada, `[${round}]`)
      await place.run(ada.restart())
      await place.pass(5_000)
    }
    devices[1]?.plugIn()
    await equal(place, all)
    for (const words of ['[away]', '[0]', '[1]', '[2]']) expect(times(ada, words)).toBe(1)
    await place.leaveAll()
  })

  test('ends a fork for good, and its alarm on every device', async () => {
    const { place, all, ada, ben, cyd, devices } = await three()
    devices[1]?.pullCable()
    await place.pass(30_000)
    const rival = await place.run(anotherHistory(devices[1] as TownDevice, '[two]'))
    write(ben, '[one]')
    cyd.replica.receive([rival], somebody)
    await place.pass(1_000)
    devices[1]?.plugIn()
    await place.until('everybody is told', () => all.every(({ status }) => status.problem?.kind === 'fork'))
    await place.pass(10_000)
    await place.run(ada.restart())
    await equal(place, all)
    expect(all.map(({ status }) => status.problem?.kind)).not.toContain('fork')
    expect(all.flatMap(chainsOf).filter(({ fork }) => fork !== undefined)).toEqual([])
    append(ben, '[on]')
    cyd.replica.receive([rival], somebody)
    await equal(place, all)
    expect(times(ada, '[on]')).toBe(1)
    expect(all.map(({ status }) => status.problem?.kind)).not.toContain('fork')
    await place.leaveAll()
  })

  test('is taken part in by who was closed, with what it typed and shared with nobody', async () => {
    const { place, ada, ben, cyd, devices } = await three()
    devices[1]?.pullCable()
    await place.pass(30_000)
    append(ben, '[unshared]')
    ben.doc.getText('main').delete(0, 4)
    await place.run(ben.leave())
    await place.run(ada.restart())
    append(ada, '[home]')
    await place.pass(10_000)
    devices[1]?.plugIn()
    const again = (await devices[1]?.openAgain(0)) as LiveSession
    await equal(place, [ada, again, cyd])
    expect(textOf(ada)).toContain('ben ada ')
    for (const words of ['[unshared]', '[home]']) expect(times(ada, words)).toBe(1)
    expect(times(ada, 'cyd')).toBe(0)
    const twice = (await devices[1]?.openAgain(0)) as LiveSession
    await equal(place, [ada, twice, cyd])
    expect(times(ada, '[unshared]')).toBe(1)
    await place.leaveAll()
  })

  test('is taken part in at the next opening by who lost its power in the midst of it', async () => {
    const { place, ada, ben, cyd, devices } = await three()
    devices[1]?.pullCable()
    await place.pass(30_000)
    append(ben, '[unshared]')
    await place.run(ben.leave())
    await place.run(ada.restart())
    const stored = await devices[1]?.store.open(ben.localId)
    const { records, joins } = ada.replica.roster.encoded()
    expect(joins.length).toBeGreaterThan(0)
    const last = records.length - 1
    const key = `r/${last.toString(16).padStart(6, '0')}`
    await stored?.write([{ put: 'roster', key, value: records[last] as Uint8Array }], 'strict')
    devices[1]?.plugIn()
    const again = (await devices[1]?.openAgain(0)) as LiveSession
    await equal(place, [ada, again, cyd])
    expect(times(ada, '[unshared]')).toBe(1)
    await place.leaveAll()
  })

  test('never lets a writer go on whose entries were forgotten: it would contradict itself', async () => {
    const { place, ada, cyd, devices } = await three()
    devices[1]?.pullCable()
    await place.pass(30_000)
    const ben = (await devices[1]?.openAgain(100)) as LiveSession
    append(ben, '[away 1]')
    ben.replica.checkpoints.make()
    append(ben, '[away 2]')
    ben.replica.checkpoints.make()
    const { writer } = ben.replica
    await place.run(ada.restart())
    devices[1]?.plugIn()
    await equal(place, [ada, ben, cyd])
    append(ben, '[on]')
    await equal(place, [ada, ben, cyd])
    expect(ben.replica.writer).not.toBe(writer)
    expect(chainsOf(ada).some((chain) => chain.writer === writer && chain.applied > 0)).toBe(false)
    for (const words of ['[away 1]', '[away 2]', '[on]']) expect(times(ada, words)).toBe(1)
    await place.leaveAll()
  })

  test('leaves nothing of writers that ended in memory or on the disk but where they end', async () => {
    const { place, ada, cyd, devices } = await three()
    let ben = devices[1]?.session as LiveSession
    for (let opening = 0; opening < 12; opening++) {
      ben = (await devices[1]?.openAgain(100)) as LiveSession
      for (let n = 0; n < 20; n++) {
        append(ben, `${opening} ${n}\n`)
        await place.pass(40)
      }
      await equal(place, [ada, ben, cyd])
    }
    const held = (one: LiveSession): number =>
      chainsOf(one).reduce((sum, { entries }) => sum + entries.length, 0)
    const rows = async (): Promise<number> => {
      const stored = await devices[1]?.store.open(ben.localId)
      return (await stored?.read('entries'))?.rows.length ?? 0
    }
    await place.run(ben.saved())
    expect(held(ben)).toBeGreaterThan(150)
    expect(await rows()).toBeGreaterThan(150)
    await place.run(ada.restart())
    await place.pass(10_000)
    await place.run(ben.saved())
    for (const one of [ada, ben, cyd]) expect(held(one)).toBeLessThan(4)
    expect(await rows()).toBeLessThan(4)
    await equal(place, [ada, ben, cyd])
    await place.leaveAll()
  })

  test('lets who started its own log anew meanwhile enter what was typed since', async () => {
    const { place, all, ada, ben, devices } = await three()
    devices[1]?.pullCable()
    await place.pass(30_000)
    append(ben, '[away 1]')
    ben.replica.checkpoints.make()
    append(ben, '[away 2]')
    ben.replica.checkpoints.make()
    append(ben, '[away 3]')
    append(ada, '[home]')
    await place.run(ada.restart())
    await place.pass(10_000)
    const bases = chainsOf(ben).filter(({ base }) => base > 0).length
    expect(bases).toBeGreaterThan(0)
    devices[1]?.plugIn()
    await equal(place, all)
    for (const words of ['[away 1]', '[away 2]', '[away 3]', '[home]']) expect(times(ada, words)).toBe(1)
    append(ben, '[on]')
    await equal(place, all)
    expect(times(ada, '[on]')).toBe(1)
    await place.leaveAll()
  })
})
