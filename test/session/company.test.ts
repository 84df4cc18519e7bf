/** People in a session: who they are, what they may, what of them is shown, and what an app may do to its document. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { freeColor } from '../../src/session/admission.ts'
import type { Session } from '../../src/session/public.ts'
import { createMemoryStore } from '../../src/storage/memory.ts'
import { type Town, textOf, town, until } from './town.ts'

let place: Town

beforeEach(async () => {
  place = await town()
})

afterEach(async () => {
  await place.leaveAll()
})

async function pair(role: 'editor' | 'viewer' = 'editor'): Promise<{ ada: Session; ben: Session }> {
  const ada = await place.device().api.createSession({ name: 'Ada', title: 'kata' })
  ada.doc.getText('main').insert(0, 'hello')
  const invite = await ada.invite({ role })
  const ben = await place.device().api.joinSession(invite.url, { name: 'Ben' })
  await until('both see each other', () => ada.peers.length === 1 && ben.peers.length === 1)
  return { ada, ben }
}

describe('names and titles', () => {
  test('a new title reaches everybody, and is told once', async () => {
    const { ada, ben } = await pair()
    const told: string[] = []
    ben.on('title', (title) => told.push(title))
    ada.setTitle('another kata')
    await until('Ben sees it', () => ben.title === 'another kata')
    expect(told).toEqual(['another kata'])
    ben.setTitle('mine')
    await until('Ada sees it', () => ada.title === 'mine')
  })

  test('a new name and colour reach everybody', async () => {
    const { ada, ben } = await pair()
    ben.setProfile({ name: 'Benedict', color: 5 })
    const seen = () => ada.members.find(({ isMe }) => !isMe)
    await until('Ada sees it', () => seen()?.name === 'Benedict' && seen()?.color === 5)
    expect(ada.peers[0]?.name).toBe('Benedict')
  })

  test('colours of people who join are far apart', async () => {
    const { ada, ben } = await pair()
    const distance = Math.abs(ada.me.color - ben.me.color)
    expect(Math.min(distance, 12 - distance)).toBe(6)
  })
})

test('in a crowd no colour is taken by two people more than another', () => {
  const colors: number[] = []
  for (let n = 0; n < 31; n++) colors.push(freeColor(colors))
  const uses = Array.from({ length: 12 }, (_, color) => colors.filter((one) => one === color).length)
  expect([Math.min(...uses), Math.max(...uses)]).toEqual([2, 3])
})

describe('presence', () => {
  test('shows who somebody is as the roster knows them, whatever they claim', async () => {
    const { ada, ben } = await pair('viewer')
    ben.awareness.setLocalStateField('user', { name: 'Ada', role: 'owner', color: 0, device: ada.me.device })
    ben.awareness.setLocalStateField('evil', 'anything')
    ben.awareness.setLocalStateField('idle', true)
    const state = () => [...ada.awareness.getStates()].find(([id]) => id !== ada.awareness.clientID)?.[1]
    await until('Ada sees Ben idle', () => state()?.['idle'] === true)
    expect(state()).toEqual({
      user: { name: 'Ben', color: ben.me.color, role: 'viewer', device: ben.me.device },
      idle: true,
    })
  })

  test('is gone at once when somebody leaves', async () => {
    const { ada, ben } = await pair()
    await until('Ada sees Ben', () => ada.awareness.getStates().size === 2)
    await ben.leave()
    await until('Ada sees nobody', () => ada.awareness.getStates().size === 1)
    expect(ada.members.map(({ name, here }) => [name, here])).toEqual([
      ['Ada', true],
      ['Ben', false],
    ])
  })

  test('tells of arriving and leaving once a person, however many tabs', async () => {
    const bens = place.device(createMemoryStore())
    const ada = await place.device().api.createSession({ name: 'Ada' })
    const told: string[] = []
    ada.on('arrived', ({ member, first }) => told.push(`${member.name} arrived${first ? ' first' : ''}`))
    ada.on('left', ({ member, why }) => told.push(`${member.name} left (${why})`))
    const invite = await ada.invite({ role: 'editor' })
    const ben = await bens.api.joinSession(invite.url, { name: 'Ben' })
    await ben.saved()
    const tab = await bens.api.openSession(ben.localId)
    await until('both tabs are linked', () => ada.peers.length === 2 && ada.awareness.getStates().size === 3)
    await ben.leave()
    await until('one tab is left', () => ada.peers.length === 1)
    await tab.leave()
    await until('Ben is gone', () => told.length > 1)
    await bens.api.openSession(ben.localId)
    await until('Ben is back', () => told.length > 2)
    expect(told).toEqual(['Ben arrived first', 'Ben left (goodbye)', 'Ben arrived'])
  })
})

describe('a viewer', () => {
  test("sees own edits taken back, and everybody else's stay", async () => {
    const { ada, ben } = await pair('viewer')
    expect(ben.canEdit).toBe(false)
    for (const words of ['graffiti ', 'more ']) {
      ben.doc.getText('main').insert(0, words)
      await until('it is taken back', () => textOf(ben) === textOf(ada))
    }
    ben.doc.getText('main').delete(0, 3)
    await until('what was deleted is back', () => textOf(ben) === 'hello')
    ada.doc.getText('main').insert(5, '!')
    await until('Ben sees it', () => textOf(ben) === 'hello!')
    expect([textOf(ada), ben.status.unshared]).toEqual(['hello!', 0])
  })

  test('is told to others as one who may only read', async () => {
    const { ada, ben } = await pair('viewer')
    expect([ben.me.role, ada.peers[0]?.role]).toEqual(['viewer', 'viewer'])
  })
})

describe("an app's own document", () => {
  test('is the one the session uses, at the founder and at the newcomer', async () => {
    const [one, other] = [new Y.Doc(), new Y.Doc()]
    one.getText('main').insert(0, 'typed before')
    const ada = await place.device().api.createSession({ name: 'Ada', doc: one })
    const invite = await ada.invite({ role: 'editor' })
    const ben = await place.device().api.joinSession(invite.url, { name: 'Ben', doc: other })
    expect([ada.doc === one, textOf(ben)]).toEqual([true, 'typed before'])
    ben.doc.getText('main').insert(0, 'not ')
    await until('the app of Ada sees it', () => one.getText('main').toString() === 'not typed before')
  })

  test('may hold maps and arrays where they are declared', async () => {
    const roots = { notes: 'map', list: 'array' } as const
    const ada = await place.device().api.createSession({ name: 'Ada', roots })
    ada.doc.getMap('notes').set('colour', { deep: ['blue'] })
    ada.doc.getArray('list').push([1, 'two', null])
    const invite = await ada.invite({ role: 'editor' })
    const ben = await place.device().api.joinSession(invite.url, { name: 'Ben' })
    expect(ben.doc.getMap('notes').toJSON()).toEqual({ colour: { deep: ['blue'] } })
    expect(ben.doc.getArray('list').toJSON()).toEqual([1, 'two', null])
    expect(ben.roots).toEqual(roots)
  })

  test('into which a second provider writes says so, and the text is kept as an own edit', async () => {
    const { ada, ben } = await pair()
    const told: string[] = []
    ada.on('violation', ({ detail }) => told.push(detail))
    const foreign = new Y.Doc()
    Y.applyUpdate(foreign, Y.encodeStateAsUpdate(ada.doc))
    foreign.getText('main').insert(5, ' from elsewhere')
    Y.applyUpdate(ada.doc, Y.encodeStateAsUpdate(foreign))
    await until('Ben gets it', () => textOf(ben) === 'hello from elsewhere')
    expect(textOf(ada)).toBe('hello from elsewhere')
    expect(told.length).toBe(1)
    expect(told[0]).toContain('Remove other providers')
    ben.doc.getText('main').insert(0, '> ')
    await until('Ada goes on', () => textOf(ada) === '> hello from elsewhere')
  })

  test('with a root that was not declared keeps to itself, and the text goes on', async () => {
    const { ada, ben } = await pair()
    ada.doc.getText('elsewhere').insert(0, 'private')
    ada.doc.getText('main').insert(5, ' world')
    await until('Ben sees it', () => textOf(ben) === 'hello world')
    expect(ben.doc.getText('elsewhere').toString()).toBe('')
  })
})
