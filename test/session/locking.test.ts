/** The passphrase of a device as an app sees it: what is asked for, what locking leaves, what other tabs hear. */
import { afterEach, expect, test } from 'vitest'
import { type Api, apiOver } from '../../src/session/api.ts'
import type { Session } from '../../src/session/public.ts'
import { createMemoryStore } from '../../src/storage/memory.ts'
import { DeviceLocked, type Guard, StorageFull, type Store, WrongPassphrase } from '../../src/storage/port.ts'
import { textOf, town, until } from './town.ts'

const here = await town()
afterEach(() => here.leaveAll())

const PHRASE = 'open sesame'

/** A disk in memory, with a passphrase that every tab must be told: `tab` gives another page of the same device. */
function device(): { readonly tab: () => Api; readonly disk: { phrase: string | undefined; full: boolean } } {
  const rows = createMemoryStore()
  const disk = { phrase: undefined as string | undefined, full: false }
  const { environment, remember } = here.device(rows)
  const tab = (): Api => {
    const store = guarded(rows, disk)
    return remember(apiOver(async () => ({ ...environment, store })))
  }
  return { tab, disk }
}

function guarded(rows: Store, disk: { phrase: string | undefined; full: boolean }): Store {
  let told: string | undefined
  let note: Uint8Array | undefined
  const isOpen = (): boolean => disk.phrase === undefined || told === disk.phrase
  const requireOpen = (): void => {
    if (!isOpen()) throw new DeviceLocked()
  }
  const verify = (phrase: string): void => {
    if (phrase !== disk.phrase) throw new WrongPassphrase()
  }
  const guard: Guard = {
    state: async () => (disk.phrase === undefined ? 'none' : isOpen() ? 'open' : 'locked'),
    async set(phrase) {
      if (disk.phrase !== undefined) throw new DeviceLocked()
      disk.phrase = told = phrase
    },
    async change(from, to) {
      verify(from)
      disk.phrase = told = to
    },
    async remove(phrase) {
      verify(phrase)
      disk.phrase = undefined
    },
    async unlock(phrase) {
      verify(phrase)
      told = phrase
    },
    lock() {
      told = undefined
    },
    note: async () => (isOpen() ? note : undefined),
    async keepNote(given) {
      requireOpen()
      note = given
    },
    async erase() {
      disk.phrase = undefined
      for (const { localId } of await rows.list()) await rows.forget(localId)
    },
  }
  return {
    ...rows,
    kind: 'disk',
    guard,
    async list() {
      requireOpen()
      return rows.list()
    },
    async create(localId) {
      requireOpen()
      const session = await rows.create(localId)
      const write: typeof session.write = async (changes, durability) => {
        if (disk.full) throw new StorageFull()
        return session.write(changes, durability)
      }
      return { ...session, write }
    },
    async open(localId) {
      requireOpen()
      return rows.open(localId)
    },
  }
}

async function written(api: Api, text: string): Promise<Session> {
  const session = await api.createSession({ name: 'Ada' })
  session.doc.getText('main').insert(0, text)
  await session.saved()
  return session
}

test('a locked device opens, begins, joins and lists nothing, and does again once told', async () => {
  const { tab } = device()
  const first = tab()
  const session = await written(first, 'kept')
  const { url } = await session.invite({ role: 'editor' })
  await first.vault.setPassphrase(PHRASE)
  const second = tab()
  expect(await second.vault.state()).toBe('locked')
  for (const attempt of [
    () => second.openSession(session.localId),
    () => second.createSession({ name: 'Ada' }),
    () => second.openInvitation(url),
    () => second.joinSession(url, { name: 'Ada' }),
    () => second.answerOffer('anything'),
    () => second.listSessions(),
    () => second.findSession(url),
  ])
    await expect(attempt()).rejects.toBeInstanceOf(DeviceLocked)
  await expect(second.vault.unlock('open sesam')).rejects.toBeInstanceOf(WrongPassphrase)
  await second.vault.unlock(PHRASE)
  expect(textOf(await second.openSession(session.localId))).toBe('kept')
  expect(await second.findSession(url)).toBe(session.localId)
})

test('locking saves and leaves every session of every tab, and says so in each', async () => {
  const { tab } = device()
  const [one, other] = [tab(), tab()]
  const session = await written(one, 'one')
  await one.vault.setPassphrase(PHRASE)
  await other.vault.unlock(PHRASE)
  const again = await other.openSession(session.localId)
  const ended: string[] = []
  const heard: string[] = []
  session.on('ended', ({ reason }) => ended.push(`one ${reason}`))
  again.on('ended', ({ reason }) => ended.push(`other ${reason}`))
  await one.vault.whenLocked(() => heard.push('one'))
  await other.vault.whenLocked(() => heard.push('other'))
  session.doc.getText('main').insert(3, ', and typed last')
  await one.vault.lock()
  await until('both tabs heard of it', () => heard.length === 2)
  expect(ended.sort()).toEqual(['one left', 'other left'])
  expect([await one.vault.state(), await other.vault.state()]).toEqual(['locked', 'locked'])
  await one.vault.unlock(PHRASE)
  expect(textOf(await one.openSession(session.localId))).toBe('one, and typed last')
})

test('what cannot be saved is not locked away', async () => {
  const { tab, disk } = device()
  const api = tab()
  await api.vault.setPassphrase(PHRASE)
  const session = await written(api, 'kept')
  disk.full = true
  session.doc.getText('main').insert(0, 'not ')
  await expect(api.vault.lock()).rejects.toBeInstanceOf(StorageFull)
  expect(await api.vault.state()).toBe('open')
  session.doc.getText('main').insert(0, 'still editable, ')
  disk.full = false
  await session.saved()
})

test('whoever was let in while the device was being locked joins nothing', async () => {
  const { tab } = device()
  const host = await written(here.device().api, 'theirs')
  const { url } = await host.invite({ role: 'editor' })
  const api = tab()
  await api.vault.setPassphrase(PHRASE)
  const card = await api.openInvitation(url)
  await api.vault.lock()
  await expect(card.join({ name: 'Ben' })).rejects.toBeInstanceOf(DeviceLocked)
  card.decline()
  await host.leave()
})

test('without a passphrase there is nothing to lock, and where nothing survives there can be none', async () => {
  const { tab } = device()
  const api = tab()
  const session = await written(api, 'open')
  await api.vault.lock()
  expect(session.status.phase).toBe('draft')
  const forgetful = here.device().api
  expect(await forgetful.vault.state()).toBe('unavailable')
  await expect(forgetful.vault.setPassphrase(PHRASE)).rejects.toThrow('nothing a passphrase could protect')
})

test('a short passphrase is refused with the remedy, set or changed', async () => {
  const api = device().tab()
  await expect(api.vault.setPassphrase('1234567')).rejects.toThrow('at least 8 characters')
  await api.vault.setPassphrase('12345678')
  await expect(api.vault.changePassphrase('12345678', 'short')).rejects.toThrow('at least 8 characters')
  await api.vault.changePassphrase('12345678', '87654321')
  await api.vault.removePassphrase('87654321')
  expect(await api.vault.state()).toBe('none')
})

test('erasing the device leaves every session in every tab, and nothing on it', async () => {
  const { tab } = device()
  const [one, other] = [tab(), tab()]
  const session = await written(one, 'gone')
  await one.vault.setPassphrase(PHRASE)
  let heard = 0
  await one.vault.whenLocked(() => heard++)
  await other.vault.erase()
  await until('the tab with the session heard of it', () => heard === 1)
  expect(session.status.phase).toBe('ended')
  expect([await one.vault.state(), await one.listSessions()]).toEqual(['none', []])
})

test('a name is kept under the passphrase', async () => {
  const api = device().tab()
  await api.vault.setPassphrase(PHRASE)
  expect(await api.vault.name()).toBeUndefined()
  await api.vault.keepName('Ada ')
  expect(await api.vault.name()).toBe('Ada')
  await api.vault.lock()
  expect(await api.vault.name()).toBeUndefined()
})
