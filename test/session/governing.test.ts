/** What the owner decides about people, played by whole sessions: removing, lowering and raising, pausing. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { apiOver } from '../../src/session/api.ts'
import { InviteRevoked, NotAllowed } from '../../src/session/errors.ts'
import type { Session } from '../../src/session/public.ts'
import { createMemoryStore } from '../../src/storage/memory.ts'
import type { SignalingConnector } from '../../src/transport/port.ts'
import { type Device, type Town, textOf, town, until } from './town.ts'

let place: Town

beforeEach(async () => {
  place = await town()
})

afterEach(async () => {
  await place.leaveAll()
})

/** Answers nobody. */
const nowhere: SignalingConnector = {
  connect: (_url, listener) => {
    queueMicrotask(() => listener.closed('nobody there'))
    return { send: () => undefined, close: () => undefined }
  },
}

const write = (session: Session, words: string): void => session.doc.getText('main').insert(0, words)

interface Company {
  readonly ada: Session
  readonly ben: Session
  readonly cyd: Session
  readonly devices: readonly [Device, Device, Device]
  readonly link: string
}

/** Ada owns, Ben and Cyd edit; everybody is linked and equal. */
async function threeEditors(): Promise<Company> {
  const devices = [place.device(), place.device(), place.device()] as const
  const ada = await devices[0].api.createSession({ name: 'Ada' })
  write(ada, 'ada ')
  const { url: link } = await ada.invite({ role: 'editor', uses: 9 })
  const ben = await devices[1].api.joinSession(link, { name: 'Ben' })
  const cyd = await devices[2].api.joinSession(link, { name: 'Cyd' })
  const all = [ada, ben, cyd]
  await until('all three are linked', () => all.every((one) => one.status.peers === 2))
  write(ben, 'ben ')
  await until('all are equal', () =>
    all.every((one) => textOf(one) === textOf(ada) && textOf(one).includes('ben')),
  )
  return { ada, ben, cyd, devices, link }
}

describe('a removed person', () => {
  test('is told, keeps a copy, is linked to nobody, and what they wrote stays', async () => {
    const { ada, ben, cyd } = await threeEditors()
    const ended = new Promise((resolve) => ben.on('ended', resolve))
    await ada.remove(ben.me.device)
    expect(await ended).toEqual({ reason: 'removed' })
    expect(ben.status).toMatchObject({ phase: 'ended', problem: { kind: 'removed', by: 'Ada' } })
    expect([textOf(ben), ben.canEdit, ben.peers]).toEqual(['ben ada ', false, []])
    await until('the others are two', () => [ada, cyd].every((one) => one.status.peers === 1))
    expect(ada.members.map(({ name }) => name).sort()).toEqual(['Ada', 'Cyd'])
    write(cyd, 'cyd ')
    await until('the others go on', () => textOf(ada) === 'cyd ben ada ')
    expect(textOf(ben)).toBe('ben ada ')
  })

  test('comes back neither by the old link nor by opening the session', async () => {
    const { ada, ben, devices, link } = await threeEditors()
    await ada.remove(ben.me.device)
    await until('Ben is out', () => ben.status.phase === 'ended')
    await ben.leave()
    const again = await devices[1].api.openSession(ben.localId)
    expect(again.status).toMatchObject({ phase: 'ended', problem: { kind: 'removed' } })
    expect(textOf(again)).toBe('ben ada ')
    await expect(place.device().api.joinSession(link, { name: 'Ben' })).rejects.toThrow(InviteRevoked)
    expect(ada.status.peers).toBe(1)
  })

  test('who was away learns of it when the others are met again', async () => {
    const { ada, ben, cyd, devices } = await threeEditors()
    await ben.leave()
    await ada.remove(ben.me.device)
    write(cyd, 'after ')
    const again = await devices[1].api.openSession(ben.localId)
    await until('the others are equal', () => textOf(ada) === textOf(cyd))
    write(again, 'offline ')
    await until('Ben is out or stays alone', () => again.status.phase !== 'synced')
    expect(textOf(ada)).not.toContain('offline')
    expect(textOf(again)).not.toContain('after')
  })

  test('out of the owner’s reach is out once the owner is back, and told by the others', async () => {
    const { ada, ben, cyd, devices } = await threeEditors()
    const { environment } = devices[0]
    await ada.leave()
    const alone = devices[0].remember(apiOver(async () => ({ ...environment, connector: nowhere })))
    const apart = await alone.openSession(ada.localId)
    await apart.remove(ben.me.device)
    await apart.leave()
    write(cyd, 'meanwhile ')
    await until('Ben still reads Cyd', () => textOf(ben) === 'meanwhile ben ada ')
    const again = await devices[0].api.openSession(ada.localId)
    await until('Ben is told', () => ben.status.problem?.kind === 'removed')
    write(cyd, 'after ')
    await until('Ada reads Cyd', () => textOf(again) === 'after meanwhile ben ada ')
    expect(textOf(ben)).toBe('meanwhile ben ada ')
  })

  test('a newcomer is let in by a new link and reads everything', async () => {
    const { ada, ben } = await threeEditors()
    await ada.remove(ben.me.device)
    const { url } = await ada.invite({ role: 'viewer' })
    const dee = await place.device().api.joinSession(url, { name: 'Dee' })
    expect(textOf(dee)).toBe('ben ada ')
    expect(dee.members.map(({ name }) => name).sort()).toEqual(['Ada', 'Cyd', 'Dee'])
  })

  test('a member who slept through it comes back by itself', async () => {
    const { ada, ben, cyd, devices } = await threeEditors()
    await cyd.leave()
    await ada.remove(ben.me.device)
    write(ada, 'meanwhile ')
    const again = await devices[2].api.openSession(cyd.localId)
    await until('Cyd reads what was written under the new key', () => textOf(again) === 'meanwhile ben ada ')
    write(again, 'cyd ')
    await until('and Ada reads Cyd', () => textOf(ada) === 'cyd meanwhile ben ada ')
  })
})

describe('a role', () => {
  test('lowered: nothing that was not seen counts, and raised again they go on', async () => {
    const { ada, ben, cyd } = await threeEditors()
    await ada.setRole(ben.me.device, 'viewer')
    await until('Ben knows', () => ben.me.role === 'viewer')
    expect(ben.canEdit).toBe(false)
    write(ben, 'not allowed ')
    await until('the edit is taken back', () => textOf(ben) === 'ben ada ')
    await ada.setRole(ben.me.device, 'editor')
    await until('Ben may again', () => ben.canEdit)
    write(ben, 'again ')
    await until('everybody reads it', () => [ada, cyd].every((one) => textOf(one) === 'again ben ada '))
  })

  test('is changed by the owner alone, and not of the owner', async () => {
    const { ada, ben, cyd } = await threeEditors()
    await expect(ben.setRole(cyd.me.device, 'viewer')).rejects.toThrow(NotAllowed)
    await expect(ben.remove(ada.me.device)).rejects.toThrow(NotAllowed)
    await expect(ada.remove(ada.me.device)).rejects.toThrow(NotAllowed)
    expect(ada.members).toHaveLength(3)
  })
})

test('a pause stops everybody but the owner, until it ends', async () => {
  const { ada, ben } = await threeEditors()
  await ada.pause(true)
  await until('Ben knows', () => ben.isPaused)
  expect([ben.canEdit, ada.canEdit, ben.me.role]).toEqual([false, true, 'editor'])
  write(ada, 'slow ')
  await until('Ben reads', () => textOf(ben) === 'slow ben ada ')
  await ada.pause(false)
  await until('Ben may again', () => ben.canEdit)
  write(ben, 'on ')
  await until('Ada reads', () => textOf(ada) === 'on slow ben ada ')
})

test('reset links let nobody in, and members stay', async () => {
  const { ada, ben, link } = await threeEditors()
  await ada.resetLinks()
  await expect(place.device().api.joinSession(link, { name: 'Dee' })).rejects.toThrow(InviteRevoked)
  expect(ada.invites).toEqual([])
  write(ben, 'still ')
  await until('members go on', () => textOf(ada) === 'still ben ada ')
})

test('an owner whose power went between the new key and its record goes on', async () => {
  const store = createMemoryStore()
  const device = place.device(store)
  const ada = await device.api.createSession({ name: 'Ada' })
  const { url } = await ada.invite({ role: 'editor', uses: 9 })
  const ben = await place.device().api.joinSession(url, { name: 'Ben' })
  await ada.remove(ben.me.device)
  await ada.leave()
  const again = await device.api.openSession(ada.localId)
  const { url: fresh } = await again.invite({ role: 'editor' })
  const cyd = await place.device().api.joinSession(fresh, { name: 'Cyd' })
  write(again, 'ok ')
  await until('Cyd reads', () => textOf(cyd) === 'ok ')
})
