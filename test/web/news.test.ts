import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Member } from '../../src/session/public.ts'
import { News, newsSentence } from '../../web/news.ts'
import { FakeSession, member } from './fake-session.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function listening({ justJoined = false, there = [] as readonly Member[] } = {}) {
  const said: string[] = []
  const session = new FakeSession()
  session.gather(there)
  const stop = new News((sentence) => said.push(sentence)).follow(session, justJoined)
  return { said, session, stop }
}

test('one person who joins is named with what they can do', () => {
  const { said, session } = listening()
  session.emit('arrived', { member: member('Ben', 3), first: true })
  vi.advanceTimersByTime(1_000)
  expect(said).toEqual(['Ben joined, can edit'])
})

test('one person who leaves is named, with the promise that a copy stays', () => {
  const { said, session } = listening()
  session.emit('left', { member: member('Ada', 3), why: 'goodbye' })
  vi.advanceTimersByTime(1_000)
  expect(said).toEqual(['Ada left. You keep a copy.'])
})

test('whoever belongs to a reopened session is back when they come', () => {
  const ben = member('Ben', 3, { here: false })
  const { said, session } = listening({ there: [ben] })
  session.emit('arrived', { member: ben, first: false })
  vi.advanceTimersByTime(1_000)
  expect(said).toEqual(['Ben is back'])
})

test('whoever joins is news to everybody, not only to the one who admits them', () => {
  const { said, session } = listening()
  session.emit('arrived', { member: member('Eve', 3, { role: 'viewer' }), first: false })
  vi.advanceTimersByTime(1_000)
  expect(said).toEqual(['Eve joined, can view'])
})

test('the people one has just joined are no news, until they leave and come back', () => {
  const ada = member('Ada B', 3)
  const { said, session } = listening({ justJoined: true, there: [ada] })
  session.emit('arrived', { member: ada, first: false })
  vi.advanceTimersByTime(1_000)
  expect(said).toEqual([])
  session.emit('left', { member: ada, why: 'lost' })
  vi.advanceTimersByTime(1_000)
  session.emit('arrived', { member: ada, first: false })
  vi.advanceTimersByTime(1_000)
  expect(said).toEqual(['Ada B left. You keep a copy.', 'Ada B is back'])
})

test('thirty people who join at once are one counter', () => {
  const { said, session } = listening()
  for (let i = 0; i < 30; i++) session.emit('arrived', { member: member(`P${i}`, 3), first: true })
  vi.advanceTimersByTime(1_000)
  expect(said).toEqual(['30 people joined'])
})

test('thirty people who come one after the other raise one counter, said at most every 1.5 s', () => {
  const said: { sentence: string; kind: string; at: number }[] = []
  const session = new FakeSession()
  new News((sentence, kind) => said.push({ sentence, kind, at: Date.now() })).follow(session, false)
  for (let i = 0; i < 30; i++) {
    session.emit('arrived', { member: member(`P${i}`, 3), first: true })
    vi.advanceTimersByTime(300)
  }
  vi.advanceTimersByTime(2_000)
  expect(said.at(-1)?.sentence).toBe('30 people joined')
  expect(new Set(said.map(({ kind }) => kind))).toEqual(new Set(['joined']))
  const pauses = said.slice(1).map(({ at }, index) => at - (said[index]?.at ?? 0))
  expect(Math.min(...pauses)).toBeGreaterThanOrEqual(1_500)
})

test('a sentence that is no longer on screen is not added to', () => {
  const { said, session } = listening()
  session.emit('arrived', { member: member('Ben', 3), first: true })
  vi.advanceTimersByTime(10_000)
  session.emit('arrived', { member: member('Eve', 3), first: true })
  vi.advanceTimersByTime(1_000)
  expect(said).toEqual(['Ben joined, can edit', 'Eve joined, can edit'])
})

test('somebody who leaves is told within two seconds, whoever else keeps coming', () => {
  const { said, session } = listening()
  session.emit('arrived', { member: member('P', 3), first: true })
  vi.advanceTimersByTime(450)
  session.emit('left', { member: member('Ada', 3), why: 'goodbye' })
  for (let i = 0; i < 6; i++) {
    session.emit('arrived', { member: member(`P${i}`, 3), first: true })
    vi.advanceTimersByTime(300)
  }
  expect(said).toContain('Ada left. You keep a copy.')
})

test('a link that flickers is not mentioned', () => {
  const { said, session } = listening()
  session.emit('left', { member: member('Ben', 3), why: 'lost' })
  session.emit('arrived', { member: member('Ben', 3), first: false })
  vi.advanceTimersByTime(1_000)
  expect(said).toEqual([])
})

test('nothing is said after listening has stopped', () => {
  const { said, session, stop } = listening()
  session.emit('arrived', { member: member('Ben', 3), first: true })
  stop()
  vi.advanceTimersByTime(1_000)
  expect(said).toEqual([])
})

test('coming and going are told apart', () => {
  expect(newsSentence('joined', [member('Ben', 1, { role: 'viewer' })])).toBe('Ben joined, can view')
  expect(newsSentence('left', [member('Eve', 2)])).toBe('Eve left. You keep a copy.')
  expect(newsSentence('back', [member('Ben', 1), member('Eve', 2)])).toBe('Ben and Eve are back')
})

test('somebody who was removed has not left', () => {
  const ben = member('Ben', 3)
  const { said, session } = listening({ there: [ben] })
  session.emit('left', { member: ben, why: 'lost' })
  session.gather([])
  session.emit('left', { member: ben, why: 'lost' })
  vi.advanceTimersByTime(2_000)
  expect(said).toEqual([])
})
