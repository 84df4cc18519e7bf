import type { Crypto } from '../../src/crypto/crypto.ts'
import { StorageFull } from '../../src/storage/port.ts'
import { Disk } from './disk.ts'
import { comesTrue, until } from './ground.ts'
import { contentOf, expectConverging, gather, textOf } from './party.ts'
import type { Attack, Stage } from './stage.ts'

// A lost tail --------------------------------------------------------------------------------------------------

const lostTail: Attack = {
  number: 23,
  name: 'a crash that loses the tail of the local log',
  guard: 'a new writer at every start',
  transports: ['memory'],
  async play(stage) {
    const ground = await stage.ground()
    const { crypto } = ground
    const disk = new Disk(crypto)
    /** Without the guard the device goes on as the writer it was. */
    const same = crypto.randomBytes(8)
    const sameBytes = {
      ...crypto,
      randomBytes: (length: number) => (length === 8 ? same.slice() : crypto.randomBytes(length)),
    }
    const adasCrypto = stage.guard === 'on' ? crypto : sameBytes
    const party = await gather(ground, { ada: { store: disk, crypto: adasCrypto } })
    await party.ada.saved()
    const snapshot = new Map(disk.rows)
    for (const word of ['lost ', 'in ', 'the ', 'crash ']) {
      party.ada.doc.getText('main').insert(0, word)
      await until('Ben holds it', () => textOf(party.ben) === textOf(party.ada))
    }
    await party.ada.leave()
    disk.rows.clear()
    for (const [key, value] of snapshot) disk.rows.set(key, value)
    const again = await party.adasDevice.api.openSession(party.ada.localId)
    // typed before Ben is found again
    again.doc.getText('main').insert(0, 'typed after. ')
    const isMerged = (): boolean => textOf(again) === textOf(party.ben) && textOf(again).includes('crash')
    stage.expect(await comesTrue(isMerged, 10_000), `Ada has "${textOf(again)}", Ben "${textOf(party.ben)}"`)
    stage.expect(textOf(party.ben).includes('typed after'), 'what was typed after the crash is gone')
    stage.expect(party.ben.status.problem?.kind !== 'fork', 'Ben is told of a fork')
    stage.expect(
      !party.told.some((line) => line.includes('two different histories')),
      'an honest crash raised an alarm',
    )
    await expectConverging(stage, { ...party, ada: again })
  },
}

// Rows ---------------------------------------------------------------------------------------------------------

const rottenRows: Attack = {
  number: 38,
  name: 'any byte of any row changed, two rows swapped, a row from elsewhere; the wrapping key gone',
  guard: 'the seal that binds a row to its place',
  transports: ['memory'],
  async play(stage) {
    const ground = await stage.ground()
    const disk = new Disk(ground.crypto, stage.guard === 'on')
    const party = await gather(ground, { ada: { store: disk } })
    for (const word of ['some ', 'more ', 'words ']) {
      party.ada.doc.getText('main').insert(0, word)
      await party.ada.saved()
    }
    const whole = textOf(party.ada)
    const { id } = await party.ada.versions.keep('as it was')
    await party.ada.saved()
    await until('Ben holds it', () => textOf(party.ben) === whole)
    await party.ada.leave()
    const intact = new Map(disk.rows)
    const spoil = async (what: string, change: () => void): Promise<void> => {
      change()
      await expectOpens(stage, what, async () => {
        const again = await party.adasDevice.api.openSession(party.ada.localId)
        const isWhole = await comesTrue(
          () => textOf(again) === whole && contentOf(again.doc) === contentOf(party.ben.doc),
          4_000,
        )
        stage.expect(isWhole, `after ${what} Ada reads "${textOf(again)}"`)
        const kept = await again.versions.texts(id).then(
          (texts) => texts.get('main'),
          (error: Error) => error.name,
        )
        const isKept = kept === whole || kept === 'VersionMissing'
        stage.expect(isKept, `after ${what} the version reads "${kept}"`)
        await again.leave()
      })
      disk.rows.clear()
      for (const [key, value] of intact) disk.rows.set(key, value)
    }
    for (const place of [...intact.keys()]) {
      await spoil(`a byte of ${place.slice(0, 12)} changed`, () =>
        disk.rows.set(place, flipped(ground.crypto, intact.get(place))),
      )
    }
    // nothing but the seal vouches for it: no signature, and nobody else has it
    const [version = ''] = disk.keysOf('versions').filter((place) => place.includes('|t/'))
    await spoil('the last letter of a version changed', () => {
      const row = intact.get(version) ?? new Uint8Array(1)
      disk.rows.set(version, row.with(-1, (row.at(-1) ?? 0) ^ 1))
    })
    const [first = '', second = ''] = disk.keysOf('entries')
    await spoil('two rows swapped', () => {
      disk.rows.set(first, intact.get(second) ?? new Uint8Array(0))
      disk.rows.set(second, intact.get(first) ?? new Uint8Array(0))
    })
    const foreign = new Disk(ground.crypto, stage.guard === 'on')
    await plant(ground.device({ store: foreign }).api)
    await spoil('a base of another session', () => {
      const planted = foreign.rows.get('blobs|base')
      if (planted !== undefined) disk.rows.set('blobs|base', planted)
    })
    disk.loseKeys()
    await expectOpens(stage, 'the wrapping key gone', async () => {
      await party.adasDevice.api.openSession(party.ada.localId)
      stage.expectGuarded(false, 'a session without its key opens')
    })
    await until('Ben still has his text', () => textOf(party.ben) === whole)
  },
}

/** In words, or with what was lost asked for again; never an untyped exception. */
async function expectOpens(stage: Stage, what: string, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    const isSaid =
      error instanceof Error && (error.name === 'CoterieError' || error.name === 'StorageUnreadable')
    stage.expect(isSaid && / join it again|Join it again/.test(String(error)), `${what}: ${String(error)}`)
  }
}

function flipped(crypto: Crypto, bytes: Uint8Array = new Uint8Array(1)): Uint8Array {
  const [random = 0, more = 0] = crypto.randomBytes(2)
  const where = (random * 256 + more) % bytes.length
  return bytes.map((byte, at) => (at === where ? byte ^ 1 : byte))
}

/** Another session, whose log starts from a base. */
async function plant(api: {
  createSession: (options: { name: string; doc?: never }) => Promise<{
    doc: { getText(name: string): { insert(at: number, text: string): void } }
    invite(options: { role: 'editor' }): Promise<unknown>
    saved(): Promise<void>
  }>
}): Promise<void> {
  const session = await api.createSession({ name: 'Mallory' })
  session.doc.getText('main').insert(0, 'planted words')
  await session.invite({ role: 'editor' })
  await session.saved()
}

// A full disk --------------------------------------------------------------------------------------------------

const fullDisk: Attack = {
  number: 40,
  name: 'a quota error on every write',
  guard: 'the count of what is not written',
  transports: ['memory'],
  async play(stage) {
    const ground = await stage.ground()
    const disk = new Disk(ground.crypto)
    const party = await gather(ground, { ada: { store: disk } })
    await party.ada.saved()
    const rows = disk.rows.size
    disk.fails = () => new StorageFull()
    if (stage.guard === 'off') {
      disk.fails = undefined
      disk.swallows = true
    }
    for (let at = 0; at < 5; at++) party.ada.doc.getText('main').insert(0, 'typed on a full disk ')
    await until('Ben has it', () => textOf(party.ben) === textOf(party.ada))
    const failure = await party.ada.saved().then(
      () => undefined,
      (error: Error) => error,
    )
    stage.expect(disk.rows.size === rows, 'something was written')
    stage.expect(failure instanceof StorageFull, `saved() says ${String(failure)}`)
    stage.expect(party.ada.status.problem?.kind === 'storage-full', 'the status names no full disk')
    stage.expect(party.ada.status.unsaved > 0, 'the status counts nothing as unsaved')
    await expectConverging(stage, party)
    disk.fails = undefined
    party.ada.doc.getText('main').insert(0, 'room again ')
    stage.expectGuarded(
      await comesTrue(() => party.ada.status.unsaved === 0 && party.ada.status.problem === undefined),
      'with room again nothing is written',
    )
  },
}

export const DISK_ATTACKS: readonly Attack[] = [lostTail, rottenRows, fullDisk]
