/** The passphrase of a device: what opens with it and without it, in every tab, and after a crash at every step. */
import { fromUtf8, toUtf8 } from '../../src/base/bytes.ts'
import type { Guard, Store } from '../../src/storage/port.ts'
import { claim, claimEqual, claimRejection } from './claims.ts'
import { type Disk, diskRules } from './disk.ts'
import { dump, findCanary, whilePlatform, withRaw } from './raw-database.ts'
import { put, texts } from './storage.ts'

const CANARY = 'canary-2b1f-the-name-nobody-may-read'

export const guardRules = diskRules({
  'without a passphrase nothing is asked for': async ({ store }) => {
    claimEqual(await guardOf(store).state(), 'none')
    claimEqual((await store.list()).length, 1)
  },
  'once it is set this tab goes on, and another one opens, lists and begins nothing before it is told':
    async (disk) => {
      const { session, store } = await filled(disk)
      claimEqual(await guardOf(store).state(), 'open')
      claimEqual(await texts(session, 'entries'), ['k=v'])
      const fresh = await disk.another()
      claimEqual(await guardOf(fresh).state(), 'locked')
      await claimRejection(fresh.open(session.localId), 'DeviceLocked')
      await claimRejection(fresh.create(), 'DeviceLocked')
      await claimRejection(fresh.list(), 'DeviceLocked')
      await guardOf(fresh).unlock('open sesame')
      const again = await fresh.open(session.localId)
      claimEqual(again && (await texts(again, 'entries')), ['k=v'])
      claimEqual((await fresh.list()).length, 1)
    },
  'a wrong passphrase is refused in words and changes nothing': async (disk) => {
    const { store } = await filled(disk)
    const before = await dump(disk.name)
    const fresh = await disk.another()
    for (const wrong of ['open sesame ', 'Open sesame', '']) {
      const error = await claimRejection(guardOf(fresh).unlock(wrong), 'WrongPassphrase')
      claim(error.message.includes('nobody can look it up'), 'the words are plain')
      await claimRejection(guardOf(fresh).change(wrong, 'other'), 'WrongPassphrase')
      await claimRejection(guardOf(fresh).remove(wrong), 'WrongPassphrase')
    }
    await claimRejection(guardOf(store).set('another one'), 'DeviceLocked')
    claimEqual(described(await dump(disk.name)), described(before))
    claimEqual(await guardOf(fresh).state(), 'locked')
  },
  'locking forgets it': async (disk) => {
    const { store, session } = await filled(disk)
    guardOf(store).lock()
    claimEqual(await guardOf(store).state(), 'locked')
    await claimRejection(store.open(session.localId), 'DeviceLocked')
  },
  'a changed one opens and the old one does not, and a tab that was open stays so': async (disk) => {
    const { store, session } = await filled(disk)
    await guardOf(await disk.another()).change('open sesame', 'close sesame')
    claim((await store.open(session.localId)) !== undefined, 'the tab stays open')
    const fresh = await disk.another()
    await claimRejection(guardOf(fresh).unlock('open sesame'), 'WrongPassphrase')
    await guardOf(fresh).unlock('close sesame')
    claim((await fresh.open(session.localId)) !== undefined, 'it opens')
  },
  'once it is removed everything opens in every tab': async (disk) => {
    const { store, session } = await filled(disk)
    const begun = await store.create()
    await guardOf(store).remove('open sesame')
    claimEqual(await guardOf(store).state(), 'none')
    for (const one of [store, await disk.another()])
      for (const { localId } of [session, begun]) claim((await one.open(localId)) !== undefined, 'it opens')
  },
  'a tab that remembers an earlier passphrase is locked by a later one': async (disk) => {
    const { store, session } = await filled(disk)
    const other = await disk.another()
    await guardOf(other).remove('open sesame')
    await guardOf(other).set('close sesame')
    claimEqual(await guardOf(store).state(), 'locked')
    await claimRejection(store.open(session.localId), 'DeviceLocked')
    await claimRejection(store.create(), 'DeviceLocked')
    claim((await other.open(session.localId)) !== undefined, 'the tab that set it goes on')
  },
  'a crash at any step of setting, changing or removing it loses nothing': async (disk) => {
    const { store, session } = disk
    for (let n = 0; n < 3; n++) await store.create()
    const guard = guardOf(await disk.another())
    let [now, next] = ['', 'first one']
    const steps: readonly (() => Promise<void>)[] = [
      () => guard.set('first one'),
      () => guard.change('first one', 'second one'),
      () => guard.remove('second one'),
    ]
    for (const [at, step] of steps.entries()) {
      next = ['first one', 'second one', ''][at] as string
      for (let survived = 0; await crashes(step, survived); survived++) await claimOpens(disk, now)
      now = next
      await claimOpens(disk, now)
    }
    claim((await store.open(session.localId)) !== undefined, 'it opens at the end')
  },
  'with the wrapping key of the device alone no data key is found, and the note is sealed too': async (
    disk,
  ) => {
    const { name, store } = await filled(disk)
    await guardOf(store).keepNote(toUtf8(CANARY))
    claimEqual(fromUtf8((await guardOf(store).note()) as Uint8Array), CANARY)
    claimEqual(findCanary(await dump(name), CANARY), [])
    const fresh = await disk.another()
    claimEqual(await guardOf(fresh).note(), undefined)
    await claimRejection(guardOf(fresh).keepNote(toUtf8('other')), 'DeviceLocked')
    await withRaw(name, (raw) => raw.delete('wrapping', 'guard'))
    await claimRejection((await disk.another()).open(disk.session.localId), 'StorageUnreadable')
  },
  'a note is kept only under a passphrase, and goes with it': async (disk) => {
    const { store } = disk
    await guardOf(store).keepNote(toUtf8(CANARY))
    claimEqual(await guardOf(store).note(), undefined)
    claimEqual(findCanary(await dump(disk.name), CANARY), [])
    await filled(disk)
    claimEqual(await guardOf(store).note(), undefined)
  },
  'a guarded key of another session, changed or cut opens nothing': async (disk) => {
    const { name, store, session } = await filled(disk)
    const other = await store.create()
    const lying = (await withRaw(name, (raw) => raw.get('sessions', session.localId))) as Uint8Array
    const foreign = (await withRaw(name, (raw) => raw.get('sessions', other.localId))) as Uint8Array
    const flipped = lying.map((byte, at) => (at === 40 ? byte ^ 1 : byte))
    for (const planted of [flipped, foreign, lying.slice(1), new Uint8Array(0), 'text']) {
      await withRaw(name, (raw) => raw.put('sessions', planted, session.localId))
      await claimRejection(store.open(session.localId), 'StorageUnreadable')
    }
    claimEqual((await store.list()).length, 2)
  },
  'a damaged lock says that nobody can open it, and erasing works without it': async (disk) => {
    const { name } = await filled(disk)
    const fresh = await disk.another()
    for (const damaged of [new Uint8Array(7), 'text']) {
      await withRaw(name, (raw) => raw.put('wrapping', damaged, 'guard'))
      await claimRejection(guardOf(fresh).unlock('open sesame'), 'StorageUnreadable')
    }
    await guardOf(fresh).erase()
    const lying = (await dump(name)).filter(({ place }) => place !== 'meta')
    claimEqual(lying.length, 0)
    claimEqual(await guardOf(fresh).state(), 'none')
    claim((await fresh.create()) !== undefined, 'the device begins anew')
  },
  'whoever has a session open when the device is erased writes nothing more': async (disk) => {
    const { session } = await filled(disk)
    await guardOf(await disk.another()).erase()
    await claimRejection(session.write([put('entries', 'late', '')], 'relaxed'), 'SessionForgotten')
  },
})

function guardOf(store: Store): Guard {
  claim(store.guard !== undefined, 'a disk has a guard')
  return store.guard
}

/** A session with a row, under the passphrase `open sesame`. */
async function filled(disk: Disk): Promise<Disk> {
  await disk.session.write([put('entries', 'k', 'v')], 'strict')
  await guardOf(disk.store).set('open sesame')
  return disk
}

/** Lets `survived` writes through and none after them. @returns whether that stopped the step */
async function crashes(step: () => Promise<void>, survived: number): Promise<boolean> {
  let left = survived
  let failed = false
  const guardedWrite = <Call extends (...given: never[]) => unknown>(original: Call): Call =>
    function (this: unknown, ...given: never[]) {
      if (left-- > 0) return original.apply(this, given)
      failed = true
      throw new DOMException('the machine stopped', 'AbortError')
    } as Call
  const update = IDBCursor.prototype.update
  IDBCursor.prototype.update = guardedWrite(update)
  try {
    await whilePlatform('put', guardedWrite, () =>
      whilePlatform('delete', guardedWrite, async () => {
        await step().catch((error: unknown) => {
          if (!failed) throw error
        })
      }),
    )
  } finally {
    IDBCursor.prototype.update = update
  }
  return failed
}

async function claimOpens(disk: Disk, passphrase: string): Promise<void> {
  const fresh = await disk.another()
  if (passphrase !== '') await guardOf(fresh).unlock(passphrase)
  const listed = await fresh.list()
  claimEqual(listed.length, 4)
  for (const { localId } of listed) claim((await fresh.open(localId)) !== undefined, 'every session opens')
  await fresh.close()
}

function described(lying: Awaited<ReturnType<typeof dump>>): string[] {
  return lying.map(({ place, key, value }) => `${place}/${key}=${String(value)}`)
}
