import { describe, expect, test } from 'vitest'
import { type StatusContext, sizeText, statusText } from '../../web/status-text.ts'
import { CALM } from './fake-session.ts'

const NOW = 1_700_000_000_000
const later = (waited: number, everShared = true): StatusContext => ({ now: NOW + waited, everShared })
const unshared = { unshared: 3, oldestUnsharedAt: NOW } as const

describe('the status chip says', () => {
  test('that a draft is private, whatever waits in it', () => {
    expect(statusText({ ...CALM, ...unshared, phase: 'draft' }, later(60_000, false))).toEqual({
      text: 'Private draft',
      tone: 'quiet',
      changesAt: undefined,
    })
  })

  test('that it waits for somebody, calmly, however long nobody comes', () => {
    const shown = statusText({ ...CALM, ...unshared, phase: 'waiting', peers: 0 }, later(60_000, false))
    expect(shown).toEqual({ text: 'Waiting for someone to join', tone: 'quiet', changesAt: undefined })
  })

  test('to whom it connects', () => {
    const shown = statusText({ ...CALM, phase: 'connecting', connectingTo: 'Ben' }, later(0))
    expect(shown.text).toBe('Connecting to Ben')
  })

  test('to whom it connects in red, when a change has waited for eight seconds', () => {
    const shown = { ...CALM, ...unshared, phase: 'connecting', connectingTo: 'Ben' } as const
    expect(statusText(shown, later(2_000))).toMatchObject({ tone: 'busy', changesAt: NOW + 8_000 })
    expect(statusText(shown, later(8_000)).tone).toBe('alarm')
  })

  test('that it connects to someone whose name is not known yet', () => {
    expect(statusText({ ...CALM, phase: 'connecting' }, later(0)).text).toBe('Connecting to someone')
  })

  test('with how many people it is in sync', () => {
    expect(statusText({ ...CALM, peers: 2 }, later(0))).toMatchObject({
      text: 'In sync with 2',
      tone: 'good',
    })
  })

  test('how much is still moving', () => {
    const shown = statusText({ ...CALM, phase: 'syncing', bytesLeft: 75_000 }, later(0))
    expect(shown).toMatchObject({ text: 'Syncing 75 KB', tone: 'busy' })
  })

  test('nothing of a change on its way before a second has passed, and then says so by itself', () => {
    const shown = statusText({ ...CALM, ...unshared }, later(999))
    expect(shown).toEqual({ text: 'In sync with 1', tone: 'good', changesAt: NOW + 1_000 })
  })

  test('how many changes are not shared after a second', () => {
    const shown = statusText({ ...CALM, ...unshared }, later(1_000))
    expect(shown).toEqual({ text: '3 changes not yet shared', tone: 'busy', changesAt: NOW + 8_000 })
  })

  test('one change in the singular', () => {
    const shown = statusText({ ...CALM, unshared: 1, oldestUnsharedAt: NOW }, later(2_000))
    expect(shown.text).toBe('1 change not yet shared')
  })

  test('it in red when a change stays unacknowledged for eight seconds', () => {
    const shown = statusText({ ...CALM, ...unshared }, later(8_000))
    expect(shown).toEqual({ text: '3 changes not yet shared', tone: 'alarm', changesAt: undefined })
  })

  test('the size in red when a change hangs behind a long transfer', () => {
    const moving = { ...CALM, ...unshared, phase: 'syncing', bytesLeft: 9_000_000 } as const
    expect(statusText(moving, later(2_000))).toEqual({
      text: 'Syncing 9.0 MB',
      tone: 'busy',
      changesAt: NOW + 8_000,
    })
    expect(statusText(moving, later(8_000)).tone).toBe('alarm')
  })

  test('that offline text is on the disk', () => {
    const shown = statusText({ ...CALM, ...unshared, phase: 'offline', peers: 0 }, later(60_000))
    expect(shown).toEqual({ text: 'Offline, saved on this device', tone: 'quiet', changesAt: undefined })
  })

  test('that nobody else has changes which are neither shared nor on the disk', () => {
    const shown = statusText({ ...CALM, ...unshared, phase: 'offline', peers: 0, unsaved: 3 }, later(2_000))
    expect(shown).toMatchObject({ text: 'Only you have these changes', tone: 'busy' })
  })

  test('that nobody else has the changes made after everybody left', () => {
    const shown = statusText({ ...CALM, ...unshared, phase: 'waiting', peers: 0 }, later(9_000))
    expect(shown).toMatchObject({ text: 'Only you have these changes', tone: 'alarm' })
  })

  test('that it waits again when everybody left with everything', () => {
    const shown = statusText({ ...CALM, phase: 'waiting', peers: 0 }, later(9_000))
    expect(shown.text).toBe('Waiting for someone to join')
  })

  test('that it waits while only own other tabs are there', () => {
    expect(statusText({ ...CALM, peers: 0 }, later(0)).text).toBe('Waiting for someone to join')
  })

  test('what it said offline when the session has ended', () => {
    expect(statusText({ ...CALM, phase: 'ended' }, later(0)).text).toBe('Offline, saved on this device')
  })
})

test.each([
  [1, '1 KB'],
  [999, '1 KB'],
  [75_400, '75 KB'],
  [999_400, '999 KB'],
  [999_600, '1.0 MB'],
  [10_240_000, '10.2 MB'],
])('%i bytes are written as %s', (bytes, text) => {
  expect(sizeText(bytes)).toBe(text)
})
