import { expect, test } from 'vitest'
import { whereabouts } from '../../web/whereabouts.ts'
import { FakeSession, member } from './fake-session.ts'

const ben = member('Ben', 3)
const eve = member('Eve', 4, { role: 'viewer' })
const zoe = member('Zoe', 5, { here: false })

function session(): FakeSession {
  const made = new FakeSession()
  made.doc.getText('main').insert(0, 'text')
  made.gather([zoe, eve, ben])
  return made
}

const of = (made: FakeSession, name: string) => whereabouts(made).find((one) => one.member.name === name)

test('oneself comes first, then who is here, writers before readers, then who is not', () => {
  expect(whereabouts(session()).map((one) => one.member.name)).toEqual(['Ada', 'Ben', 'Eve', 'Zoe'])
})

test('a way and a time are told of who is linked, by the quickest of their tabs', () => {
  const made = session()
  made.link(ben, 'relay', 80)
  made.link(ben, 'direct', 24)
  expect(of(made, 'Ben')).toMatchObject({ route: 'direct', rtt: 24 })
})

test('who is heard of through others has no way and no time of their own', () => {
  const made = session()
  made.link(ben, 'direct', 24)
  expect(of(made, 'Eve')).toMatchObject({ route: 'others', rtt: undefined, attention: 'active' })
})

test('behind the tab that holds the links, everybody is reached through it', () => {
  const made = session()
  made.link(made.me, 'direct', 1)
  expect(of(made, 'Ben')).toMatchObject({ route: 'own-tab', rtt: undefined })
})

test('who is not here has no way, and neither have I', () => {
  const made = session()
  expect(of(made, 'Zoe')).toMatchObject({ attention: 'gone', route: undefined })
  expect(of(made, 'Ada')).toMatchObject({ attention: 'active', route: undefined })
})

test('idle and away are told, and of two tabs the one that is most there', () => {
  const made = session()
  made.placeCaret(ben, 0, 0, { idle: true, away: true })
  expect(of(made, 'Ben')?.attention).toBe('away')
  const idle = { user: { ...ben, name: 'Ben' }, idle: true }
  made.awareness.states.set(7_000, idle)
  expect(of(made, 'Ben')?.attention).toBe('idle')
  made.awareness.states.set(7_001, { ...idle, idle: false })
  expect(of(made, 'Ben')?.attention).toBe('active')
})
