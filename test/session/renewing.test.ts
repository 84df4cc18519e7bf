/** Somebody was let in by an editor while the owner was away, and the owner changed the keys before hearing of it. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Session } from '../../src/session/public.ts'
import { type Device, type Town, textOf, town, until } from './town.ts'

let place: Town
const devices = new Map<string, Device>()

beforeEach(async () => {
  place = await town()
  for (const name of ['Ada', 'Ben', 'Cyd', 'Dee']) devices.set(name, place.device())
})

afterEach(async () => {
  await place.leaveAll()
})

const write = (session: Session, words: string): void => session.doc.getText('main').insert(0, words)
const deviceOf = (name: string): Device => devices.get(name) as Device

interface Apart {
  again(name: string): Promise<Session>
  readonly cyd: Session['me']['device']
}

/** Ben let Dee in while Ada was away; all have left, and Ada knows nothing of Dee. */
async function letInUnknown(): Promise<Apart> {
  const ada = await deviceOf('Ada').api.createSession({ name: 'Ada' })
  write(ada, 'ada ')
  const { url } = await ada.invite({ role: 'editor', uses: 9 })
  const ben = await deviceOf('Ben').api.joinSession(url, { name: 'Ben' })
  const cyd = await deviceOf('Cyd').api.joinSession(url, { name: 'Cyd' })
  await until('all are linked', () => [ada, ben, cyd].every(({ status }) => status.peers === 2))
  await Promise.all([ada.leave(), cyd.leave()])
  const dee = await deviceOf('Dee').api.joinSession(url, { name: 'Dee' })
  write(dee, 'dee ')
  await until('Ben reads Dee', () => textOf(ben) === 'dee ada ')
  const local = new Map([ada, ben, cyd, dee].map((session) => [session.me.name, session.localId]))
  await Promise.all([ben.leave(), dee.leave()])
  return {
    again: (name) => deviceOf(name).api.openSession(local.get(name) ?? ''),
    cyd: cyd.me.device,
  }
}

test('whoever let them in renews them, and they come back by themselves with all they wrote', async () => {
  const { again, cyd } = await letInUnknown()
  const ada = await again('Ada')
  await ada.remove(cyd)
  write(ada, 'new ')
  const ben = await again('Ben')
  await until('Ada knows Dee', () => ada.members.some(({ name }) => name === 'Dee'))
  const dee = await again('Dee')
  await until('all are linked', () => [ada, ben, dee].every(({ status }) => status.peers === 2))
  write(dee, 'back ')
  const all = [ada, ben, dee]
  await until('all are equal', () => all.every((one) => textOf(one) === textOf(dee)))
  for (const words of ['ada ', 'dee ', 'new ', 'back ']) expect(textOf(dee)).toContain(words)
  expect(dee.status.problem?.kind).not.toBe('left-out')
})

test('alone with the owner they wait, and come in once whoever let them in is there', async () => {
  const { again, cyd } = await letInUnknown()
  const ada = await again('Ada')
  await ada.remove(cyd)
  const dee = await again('Dee')
  await until('Dee waits', () => dee.status.phase === 'waiting')
  expect(ada.members.map(({ name }) => name).sort()).toEqual(['Ada', 'Ben'])
  await again('Ben')
  await until('Dee is in', () => dee.status.peers === 2 && dee.canEdit)
  write(dee, 'back ')
  await until('Ada reads', () => textOf(ada).includes('back '))
})

test('when the session began anew meanwhile, what they wrote is entered again once they are in', async () => {
  const { again, cyd } = await letInUnknown()
  const ada = await again('Ada')
  await ada.remove(cyd)
  write(ada, 'new ')
  await ada.restart()
  const dee = await again('Dee')
  await until('Dee waits', () => dee.status.phase === 'waiting')
  write(ada, 'later ')
  const ben = await again('Ben')
  await until('Dee is in', () => dee.status.peers === 2 && dee.canEdit)
  const all = [ada, ben, dee]
  await until('all are equal and hold it', () =>
    all.every((one) => textOf(one) === textOf(dee) && textOf(one).includes('dee ')),
  )
  for (const words of ['ada ', 'dee ', 'new ', 'later ']) expect(textOf(ada).split(words).length).toBe(2)
})

test('whom the owner has removed is renewed by nobody', async () => {
  const { again, cyd } = await letInUnknown()
  const ada = await again('Ada')
  const ben = await again('Ben')
  await until('Ada knows Dee', () => ada.members.some(({ name }) => name === 'Dee'))
  const dee = ada.members.find(({ name }) => name === 'Dee')
  await ada.remove(dee?.device ?? cyd)
  await ada.remove(cyd)
  await until('Ben knows', () => ben.members.length === 2)
  const back = await again('Dee')
  write(ada, 'new ')
  await until('Ben reads', () => textOf(ben).includes('new '))
  expect([ada.members.length, back.status.peers, textOf(back).includes('new ')]).toEqual([2, 0, false])
})
