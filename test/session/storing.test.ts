/** Typing goes on whatever the disk does; what could not be written is said, and written when there is room. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { apiOver } from '../../src/session/api.ts'
import type { LiveSession } from '../../src/session/live-session.ts'
import { createMemoryStore } from '../../src/storage/memory.ts'
import {
  type LocalId,
  type SessionStore,
  StorageFull,
  type Store,
  type Table,
} from '../../src/storage/port.ts'
import { locks } from '../sim/time.ts'
import { type Town, textOf, town, until } from './town.ts'

let place: Town

beforeEach(async () => {
  place = await town()
})

afterEach(async () => {
  await place.leaveAll()
})

interface Disk extends Store {
  /** From now on nothing fits. */
  full: boolean
  /** After so many writes it is full. */
  writesLeft: number
  /** Rows that do not open any more. */
  readonly broken: Set<string>
}

/** A disk that can be full and have broken rows; what it kept is read back as a real one would. */
function disk(): Disk {
  const memory = createMemoryStore()
  const broken = new Set<string>()
  const faulty = (session: SessionStore): SessionStore => ({
    localId: session.localId,
    close: () => session.close(),
    async read(table, prefix) {
      const { rows } = await session.read(table, prefix)
      const isBroken = (key: string): boolean => broken.has(`${table}/${key}`)
      return {
        rows: rows.filter(({ key }) => !isBroken(key)),
        broken: rows.map(({ key }) => key).filter(isBroken),
      }
    },
    async write(changes, durability) {
      if (store.full || store.writesLeft-- <= 0) throw new StorageFull()
      await session.write(changes, durability)
    },
  })
  const store: Disk = {
    kind: 'disk',
    full: false,
    writesLeft: Number.POSITIVE_INFINITY,
    broken,
    list: () => memory.list(),
    forget: (localId) => memory.forget(localId),
    close: () => memory.close(),
    async create(localId) {
      if (store.full) throw new StorageFull()
      return faulty(await memory.create(localId))
    },
    async open(localId) {
      const session = await memory.open(localId)
      return session && faulty(session)
    },
  }
  return store
}

async function keysIn(store: Store, localId: string, table: Table): Promise<readonly string[]> {
  const session = await store.open(localId as LocalId)
  return (await session?.read(table))?.rows.map(({ key }) => key) ?? []
}

describe('a full disk', () => {
  test('is said in the status and by saved(), and typing goes on', async () => {
    const store = disk()
    const ada = await place.device(store).api.createSession({ name: 'Ada' })
    const text = ada.doc.getText('main')
    text.insert(0, 'one ')
    await ada.saved()
    store.full = true
    text.insert(0, 'two ')
    await expect(ada.saved()).rejects.toThrow(StorageFull)
    expect(ada.status.problem).toEqual({ kind: 'storage-full' })
    expect(ada.status.unsaved).toBeGreaterThan(0)
    text.insert(0, 'three ')
    expect(textOf(ada)).toBe('three two one ')
  })

  test('with room again takes everything that waited, in order', async () => {
    const store = disk()
    const device = place.device(store)
    const ada = await device.api.createSession({ name: 'Ada' })
    const text = ada.doc.getText('main')
    text.insert(0, 'one ')
    await ada.saved()
    store.full = true
    for (const words of ['two ', 'three ', 'four ']) {
      text.insert(0, words)
      await ada.saved().catch(() => undefined)
      ada.setProfile({ name: `Ada ${words}` })
    }
    store.full = false
    text.insert(0, 'five ')
    await ada.saved()
    expect([ada.status.problem, ada.status.unsaved]).toEqual([undefined, 0])
    await ada.leave()
    const again = await device.api.openSession(ada.localId)
    expect([textOf(again), again.me.name]).toEqual(['five four three two one ', 'Ada four'])
  })

  test('from the first keystroke on keeps a session going, and lets it in later', async () => {
    const store = disk()
    store.full = true
    const device = place.device(store)
    const ada = await device.api.createSession({ name: 'Ada' })
    ada.doc.getText('main').insert(0, 'from the first key')
    await expect(ada.saved()).rejects.toThrow(StorageFull)
    store.full = false
    await ada.saved()
    await ada.leave()
    expect(textOf(await device.api.openSession(ada.localId))).toBe('from the first key')
  })

  test('that has room again is written to without another keystroke', async () => {
    const store = disk()
    const ada = await place.device(store).api.createSession({ name: 'Ada' })
    ada.doc.getText('main').insert(0, 'one ')
    await ada.saved()
    store.full = true
    ada.doc.getText('main').insert(0, 'two ')
    await until('it is said', () => ada.status.problem?.kind === 'storage-full')
    store.full = false
    await until('it is written', () => ada.status.problem === undefined && ada.status.unsaved === 0)
  })

  test('does not keep others from getting what is typed', async () => {
    const store = disk()
    const ada = await place.device(store).api.createSession({ name: 'Ada' })
    const invite = await ada.invite({ role: 'editor' })
    const ben = await place.device().api.joinSession(invite.url, { name: 'Ben' })
    store.full = true
    ada.doc.getText('main').insert(0, 'not on my disk')
    await until('Ben sees it', () => textOf(ben) === 'not on my disk')
    await until('it is shared', () => ada.status.unshared === 0)
  })

  test('lets an owner sign nothing: what is told and lost with the power would be contradicted', async () => {
    const store = disk()
    const device = place.device(store)
    const ada = await device.api.createSession({ name: 'Ada' })
    const invite = await ada.invite({ role: 'editor' })
    const ben = await place.device(disk()).api.joinSession(invite.url, { name: 'Ben' })
    await until('both are linked', () => [ada, ben].every(({ status }) => status.peers === 1))
    store.full = true
    await expect(ada.pause(true)).rejects.toThrow(StorageFull)
    expect([ada.me.role, ben.canEdit]).toEqual(['owner', true])
    store.full = false
    await ada.saved()
    expect(ada.status.problem).toBeUndefined()
    await ada.pause(true)
    await until('Ben is paused', () => !ben.canEdit)
    await ada.leave()
    const again = await device.api.openSession(ada.localId)
    await until('they meet again', () => again.status.peers === 1 && ben.status.peers === 1)
    await again.pause(false)
    await until('Ben goes on', () => ben.canEdit)
    expect([again.status.problem, ben.status.problem]).toEqual([undefined, undefined])
  })

  test('leaves the keys as they were where new ones cannot be signed, and lets it be done later', async () => {
    const store = disk()
    const device = place.device(store)
    const ada = await device.api.createSession({ name: 'Ada' })
    const invite = await ada.invite({ role: 'editor', uses: 9 })
    const ben = await place.device().api.joinSession(invite.url, { name: 'Ben' })
    const cyd = await place.device().api.joinSession(invite.url, { name: 'Cyd' })
    const all = [ada, ben, cyd]
    await until('all three are linked', () => all.every(({ status }) => status.peers === 2))
    // the removal, the link, the keys
    for (const writesLeft of [0, 1, 2]) {
      store.writesLeft = writesLeft
      await expect(ada.setRole(ben.me.device, 'viewer')).rejects.toThrow(StorageFull)
      store.writesLeft = Number.POSITIVE_INFINITY
      await ada.saved()
      await ada.setRole(ben.me.device, 'editor')
    }
    await ada.setRole(ben.me.device, 'viewer')
    const { url } = await ada.invite({ role: 'editor' })
    const dee = await place.device().api.joinSession(url, { name: 'Dee' })
    cyd.doc.getText('main').insert(0, 'cyd ')
    ada.doc.getText('main').insert(0, 'ada ')
    await until('all read each other', () =>
      [ada, ben, cyd, dee].every((one) => textOf(one).length === 8 && one.status.phase === 'synced'),
    )
  })
})

describe('nothing reaches the disk', () => {
  test('of a draft nobody typed into', async () => {
    const store = disk()
    const ada = await place.device(store).api.createSession({ name: 'Ada' })
    await ada.saved()
    expect(await store.list()).toEqual([])
  })

  test('of a title typed by somebody else before it is a session of ours', async () => {
    const store = disk()
    const ada = await place.device().api.createSession({ name: 'Ada', title: 'kata' })
    const invite = await ada.invite({ role: 'editor' })
    const invitation = await place.device(store).api.openInvitation(invite.url)
    invitation.decline()
    expect(await store.list()).toEqual([])
  })
})

describe('a broken row', () => {
  /** Two people; Ben leaves, and then rows of his disk break. */
  async function broken(breaking: (keys: readonly string[]) => readonly string[], table: Table) {
    const store = disk()
    const device = place.device(store)
    const ada = await place.device().api.createSession({ name: 'Ada' })
    const invite = await ada.invite({ role: 'editor' })
    const ben = await device.api.joinSession(invite.url, { name: 'Ben' })
    for (let key = 0; key < 6; key++) {
      ;(key % 2 === 0 ? ada : ben).doc.getText('main').insert(0, String(key))
      await until('both see it', () => textOf(ada) === textOf(ben))
    }
    await until('all is shared', () => ada.status.unshared + ben.status.unshared === 0)
    await ben.leave()
    for (const key of breaking(await keysIn(store, ben.localId, table))) store.broken.add(`${table}/${key}`)
    return { ada, device, localId: ben.localId }
  }

  test('of any single entry stops no session from opening, and is asked for again', async () => {
    for (const at of [0, 1, 3, 5]) {
      const { ada, device, localId } = await broken((keys) => keys.slice(at, at + 1), 'entries')
      const again = await device.api.openSession(localId)
      await until('Ben has it all again', () => textOf(again) === textOf(ada))
      again.doc.getText('main').insert(0, 'on ')
      await until('Ada sees it', () => textOf(ada).startsWith('on '))
    }
  })

  test('of every entry at once neither', async () => {
    const { ada, device, localId } = await broken((keys) => keys, 'entries')
    const again = await device.api.openSession(localId)
    await until('Ben has it all again', () => textOf(again) === textOf(ada))
  })

  test('of the card, the shared heads or a record costs no text', async () => {
    for (const [table, pick] of [
      ['card', () => ['card']],
      ['keys', () => ['shared']],
      ['roster', (keys: readonly string[]) => keys.slice(-1)],
    ] as const) {
      const { ada, device, localId } = await broken(pick, table)
      const again = await device.api.openSession(localId)
      await until('Ben has it all', () => textOf(again) === textOf(ada))
    }
  })
})

test('two tabs of the owner sign invites at once, and their roster has no fork', async () => {
  const store = disk()
  const exclusively = locks()
  const environment = { ...place.device(store).environment, exclusively }
  const api = apiOver(async () => environment)
  const one = await api.createSession({ name: 'Ada' })
  one.doc.getText('main').insert(0, 'two tabs')
  await one.saved()
  const other = await api.openSession(one.localId)
  const invites = await Promise.all(
    [one, other, one, other, other, one].map((tab) => tab.invite({ role: 'editor' })),
  )
  expect(new Set(invites.map(({ id }) => id)).size).toBe(6)
  await one.saved()
  const third = (await api.openSession(one.localId)) as LiveSession
  expect(third.replica.roster.openInvites().length).toBe(6)
  for (const { url } of invites.slice(4)) {
    const guest = await place.device().api.joinSession(url, { name: 'Ben' })
    expect(textOf(guest)).toBe('two tabs')
  }
  await Promise.all([one, other, third].map((tab) => tab.leave()))
})

test('what was typed a moment ago is not called saved before it is an entry on the disk', async () => {
  const session = await place.device().api.createSession({ name: 'Ada' })
  session.doc.getText('main').insert(0, 'a')
  await until('the first letter is saved', () => session.status.unsaved === 0)
  session.doc.getText('main').insert(1, 'b') // waits for the next batch
  expect(session.status.unsaved).toBe(1)
  await until('the second one is too', () => session.status.unsaved === 0)
})
