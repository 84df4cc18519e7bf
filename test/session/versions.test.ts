/** Versions of a session's text, played by whole sessions: when one is kept, what it holds, how it comes back. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { createUndoManager } from '../../src/doc/undo.ts'
import { NotAllowed, SessionEnded, VersionMissing } from '../../src/session/errors.ts'
import type { Session } from '../../src/session/public.ts'
import type { Version } from '../../src/session/version.ts'
import { type Device, type Town, textOf, town, until } from './town.ts'

let place: Town
let device: Device

beforeEach(async () => {
  place = await town()
  device = place.device()
})

afterEach(async () => {
  await place.leaveAll()
})

const write = (session: Session, words: string): void => session.doc.getText('main').insert(0, words)
const shown = async (session: Session): Promise<string[]> =>
  (await session.versions.list()).map(({ why, name }) => name ?? why)
const textIn = async (session: Session, version: Version): Promise<string | undefined> =>
  (await session.versions.texts(version.id)).get('main')

async function twoPeople(): Promise<{ ada: Session; ben: Session }> {
  const ada = await device.api.createSession({ name: 'Ada' })
  write(ada, 'one\ntwo\nthree\n')
  const ben = await place
    .device()
    .api.joinSession((await ada.invite({ role: 'editor' })).url, { name: 'Ben' })
  await until('both are linked', () => ada.status.peers === 1 && ben.status.peers === 1)
  return { ada, ben }
}

/** Resolves with the next text that was kept because it counts no more. */
function rescue(session: Session): Promise<Version> {
  return new Promise((resolve) => {
    session.on('versions', ({ rescued }) => rescued && resolve(rescued))
  })
}

describe('a version by hand', () => {
  test('holds the text of that moment, and survives what is written after it', async () => {
    const ada = await device.api.createSession({ name: 'Ada' })
    write(ada, 'draft\n')
    const kept = ada.versions.keep('First draft')
    write(ada, 'later\n')
    expect(await textIn(ada, await kept)).toBe('draft\n')
    expect(await kept).toMatchObject({ why: 'named', by: 'Ada', name: 'First draft', length: 6 })
    await ada.leave()
    const again = await device.api.openSession(ada.localId)
    expect(await shown(again)).toEqual(expect.arrayContaining(['First draft', 'end']))
    await expect(ada.versions.list()).rejects.toThrow(SessionEnded)
  })

  test('is compared with the text as it is now', async () => {
    const ada = await device.api.createSession({ name: 'Ada' })
    write(ada, 'one\ntwo\nthree\n')
    const { id } = await ada.versions.keep('before')
    ada.doc.getText('main').delete(4, 4)
    write(ada, 'zero\n')
    expect(await ada.versions.compare(id)).toEqual([
      {
        root: 'main',
        parts: [
          { of: 'after', text: 'zero\n' },
          { of: 'both', text: 'one\n' },
          { of: 'before', text: 'two\n' },
          { of: 'both', text: 'three\n' },
        ],
      },
    ])
  })

  test('comes back as an edit that others get and that is undone like one, touching nothing else', async () => {
    const { ada, ben } = await twoPeople()
    const { id } = await ben.versions.keep('before')
    const text = ben.doc.getText('main')
    text.delete(4, 4)
    write(ada, 'zero\n')
    await until(
      'Ben has both edits',
      () => textOf(ben) === 'zero\none\nthree\n' && textOf(ada) === textOf(ben),
    )
    const place = Y.createRelativePositionFromTypeIndex(text, 9)
    const undo = createUndoManager(text)
    await ben.versions.restore(id)
    await until('Ada gets it', () => textOf(ada) === 'one\ntwo\nthree\n')
    expect(Y.createAbsolutePositionFromRelativePosition(place, ben.doc)?.index).toBe(8)
    undo.undo()
    await until('and that it was undone', () => textOf(ada) === 'zero\none\nthree\n')
  })

  test('is deleted by hand alone, and then there is nothing to bring back', async () => {
    const ada = await device.api.createSession({ name: 'Ada' })
    write(ada, 'text')
    const { id } = await ada.versions.keep('gone soon')
    await ada.versions.delete(id)
    expect(await shown(ada)).toEqual([])
    await expect(ada.versions.restore(id)).rejects.toThrow(VersionMissing)
  })

  test('is brought back by nobody who may only read', async () => {
    const { ada } = await twoPeople()
    const { url } = await ada.invite({ role: 'viewer' })
    const dee = await place.device().api.joinSession(url, { name: 'Dee' })
    const { id } = await dee.versions.keep('as I read it')
    await expect(dee.versions.restore(id)).rejects.toThrow(NotAllowed)
  })
})

describe('by itself', () => {
  test('one is kept when a session is left and opened again, not twice of one text, none of an empty one', async () => {
    const ada = await device.api.createSession({ name: 'Ada' })
    write(ada, 'text')
    await ada.leave()
    const again = await device.api.openSession(ada.localId)
    write(again, 'more ')
    await again.leave()
    const third = await device.api.openSession(ada.localId)
    expect(await shown(third)).toEqual(['end', 'end'])
    const empty = await device.api.createSession({ name: 'Ada' })
    await empty.leave()
    expect((await device.store.list()).length).toBe(1)
  })

  test('what was written in a crash is kept at the next start', async () => {
    const ada = await device.api.createSession({ name: 'Ada' })
    write(ada, 'text')
    await ada.saved()
    const again = await device.api.openSession(ada.localId)
    expect(await shown(again)).toEqual(['start'])
  })

  test('a version that gets a name stays', async () => {
    const ada = await device.api.createSession({ name: 'Ada' })
    write(ada, 'text')
    await ada.leave()
    let session = await device.api.openSession(ada.localId)
    const [first] = await session.versions.list()
    await session.versions.name((first as Version).id, 'The first evening')
    for (let evening = 0; evening < 65; evening++) {
      write(session, `${evening} `)
      await session.leave()
      session = await device.api.openSession(ada.localId)
    }
    const names = await shown(session)
    expect(names.filter((name) => name === 'end')).toHaveLength(60)
    expect(names.at(-1)).toBe('The first evening')
  })

  test('a newcomer keeps what was there when it came', async () => {
    const { ben } = await twoPeople()
    await until('it is kept', () => ben.status.unsaved === 0)
    expect(await shown(ben)).toEqual(['start'])
  })
})

describe('text that counts no more', () => {
  test('is kept when a role was lowered before anybody had it, and said to be', async () => {
    const { ada, ben } = await twoPeople()
    await ada.setRole(ben.me.device, 'viewer')
    await until('Ben knows', () => ben.me.role === 'viewer')
    const rescued = rescue(ben)
    write(ben, 'mine ')
    const version = await rescued
    expect(version).toMatchObject({ why: 'unshared', by: 'Ben' })
    expect(await textIn(ben, version)).toBe('mine one\ntwo\nthree\n')
    await until('it is out of the text', () => textOf(ben) === 'one\ntwo\nthree\n')
  })

  test('is kept when what was written crossed the lowering of a role', async () => {
    const { ada, ben } = await twoPeople()
    for (const link of place.network.links) link.stall()
    write(ben, 'crossing ')
    await ada.setRole(ben.me.device, 'viewer')
    const rescued = rescue(ben)
    for (const link of place.network.links) link.resume()
    expect(await textIn(ben, await rescued)).toBe('crossing one\ntwo\nthree\n')
    await until('both are equal', () => textOf(ben) === 'one\ntwo\nthree\n' && textOf(ada) === textOf(ben))
  })

  test('is kept when it crossed a removal', async () => {
    const { ada, ben } = await twoPeople()
    const { device: bens } = ben.me
    const ended = new Promise((resolve) => ben.on('ended', resolve))
    ada.on('members', (members) => {
      if (members.every(({ device }) => device !== bens)) write(ben, 'crossing ')
    })
    await ada.remove(bens)
    expect(await ended).toEqual({ reason: 'removed' })
    const [version] = await ben.versions.list()
    expect(version).toMatchObject({ why: 'unshared', by: 'Ben' })
    expect(await textIn(ben, version as Version)).toContain('crossing ')
    expect(textOf(ada)).toBe('one\ntwo\nthree\n')
  })
})
