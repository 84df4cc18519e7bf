import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Member } from '../../src/session/public.ts'
import { News, newsSentences } from '../../web/news.ts'
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

test('thirty people who join at once are one sentence', () => {
  const { said, session } = listening()
  for (let i = 0; i < 30; i++) session.emit('arrived', { member: member(`P${i}`, 3), first: true })
  vi.advanceTimersByTime(1_000)
  expect(said).toEqual(['P0, P1, and 28 others joined'])
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
  const news = [
    { kind: 'joined', member: member('Ben', 1, { role: 'viewer' }) },
    { kind: 'left', member: member('Eve', 2) },
  ] as const
  expect(newsSentences(news)).toEqual(['Ben joined, can view', 'Eve left. You keep a copy.'])
})
