import { expect, test } from 'vitest'
import type { Member, Role } from '../../src/session/public.ts'
import { decisionsBetween, type Standing } from '../../web/standing.ts'
import { member } from './fake-session.ts'

const me = (role: Role): Member => member('Me', 1, { isMe: true, role })
const ada = member('Ada', 7, { role: 'owner' })
const ben = member('Ben', 3)
const standing = (members: readonly Member[], isPaused = false): Standing => ({ members, isPaused })
const said = (before: Standing, after: Standing) =>
  decisionsBetween(before, after).map(({ sentence }) => sentence)

test('whose role changes is told what they can do now', () => {
  const [editing, viewing] = [standing([ada, me('editor')]), standing([ada, me('viewer')])]
  expect(said(editing, viewing)).toEqual(['You can now only view'])
  expect(said(viewing, editing)).toEqual(['You can now edit'])
})

test('the others are told whose role changed, the owner too', () => {
  const lowered = { ...ben, role: 'viewer' } as const
  expect(said(standing([me('owner'), ben]), standing([me('owner'), lowered]))).toEqual([
    'Ben can now only view',
  ])
  expect(said(standing([ada, me('editor'), lowered]), standing([ada, me('editor'), ben]))).toEqual([
    'Ben can now edit',
  ])
})

test('a pause and its end are told with who decided', () => {
  const [on, off] = [standing([ada, me('editor')], true), standing([ada, me('editor')])]
  expect([said(off, on), said(on, off)]).toEqual([['Ada paused editing'], ['Ada resumed editing']])
  expect(said(standing([me('owner')]), standing([me('owner')], true))).toEqual(['You paused editing'])
})

test('a session handed over is told to everybody, and to whoever owns it now in their own words', () => {
  const [adaEdits, benOwns] = [{ ...ada, role: 'editor' } as const, { ...ben, role: 'owner' } as const]
  expect(said(standing([ada, ben, me('editor')]), standing([adaEdits, benOwns, me('editor')]))).toEqual([
    'Ada handed this session over to Ben',
  ])
  expect(said(standing([me('owner'), ben]), standing([me('editor'), benOwns]))).toEqual([
    'You handed this session over to Ben',
  ])
  expect(said(standing([ada, me('viewer')]), standing([adaEdits, me('owner')]))).toEqual([
    'This session is yours now',
  ])
})

test('a removal is told to those who stay, and not by a sentence to whoever was removed', () => {
  expect(said(standing([ada, me('editor'), ben]), standing([ada, me('editor')]))).toEqual(['Ada removed Ben'])
  expect(said(standing([me('owner'), ben]), standing([me('owner')]))).toEqual(['You removed Ben'])
  expect(said(standing([ada, me('editor'), ben]), standing([ada, ben]))).toEqual([])
})

test('who asks to edit is told to the owner, with one click to let them, and nobody else', () => {
  const viewer = { ...ben, role: 'viewer' } as const
  const hand = { ...viewer, asksToEdit: true } as const
  const asked = decisionsBetween(standing([me('owner'), viewer]), standing([me('owner'), hand]))
  expect(asked).toEqual([{ sentence: 'Ben asks to edit', topic: expect.any(String), asker: hand }])
  expect(said(standing([me('owner'), hand]), standing([me('owner'), viewer]))).toEqual([
    'Ben no longer asks to edit',
  ])
  expect(said(standing([me('owner'), hand]), standing([me('owner'), ben]))).toEqual(['Ben can now edit'])
  expect(said(standing([ada, me('editor'), viewer]), standing([ada, me('editor'), hand]))).toEqual([])
})

test('whoever asks is told whether the owner is here to see it', () => {
  const hand = { ...me('viewer'), asksToEdit: true }
  const away = { ...ada, here: false }
  expect(said(standing([ada, me('viewer')]), standing([ada, hand]))).toEqual([
    'Ada is asked whether you may edit',
  ])
  expect(said(standing([away, me('viewer')]), standing([away, hand]))).toEqual([
    'Ada is not here. They are asked when they come.',
  ])
  expect(said(standing([ada, hand]), standing([ada, me('viewer')]))).toEqual(['You no longer ask to edit'])
  expect(said(standing([ada, hand]), standing([ada, me('editor')]))).toEqual(['You can now edit'])
})

test('names, colours and who comes are no decision', () => {
  expect(said(standing([ada]), standing([ada, me('editor')]))).toEqual([])
  expect(
    said(standing([ada, me('editor'), ben]), standing([ada, me('editor'), { ...ben, name: 'Bo' }])),
  ).toEqual([])
})
