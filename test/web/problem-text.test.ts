import { expect, test } from 'vitest'
import { problemText } from '../../web/problem-text.ts'

test.each([
  [
    { kind: 'signaling-unreachable', host: 'example.org' },
    "Can't reach example.org. People already connected stay connected.",
    ['retry'],
  ],
  [
    { kind: 'no-route', name: undefined },
    "Your networks don't allow a direct connection (often a VPN or a strict firewall).",
    ['retry', 'check'],
  ],
  [
    { kind: 'protocol-mismatch', name: 'Ben' },
    "Ben's version is newer. Update to edit together; your copy stays editable.",
    ['update'],
  ],
  [{ kind: 'too-large' }, 'This session holds at most 64 MB of text.', ['download']],
  [
    { kind: 'roster-fork', name: 'Ada', mayDecide: false },
    "Ada's device has signed two lists of who belongs here. Until Ada says which one counts, nobody can be let in or removed.",
    ['download'],
  ],
  [
    { kind: 'roster-fork', name: 'Ada', mayDecide: true },
    'Two lists of who belongs here were signed with your key. Until you keep one, nobody can be let in or removed.',
    ['keep-list', 'download'],
  ],
  [
    { kind: 'fork', name: 'Ben', mayDecide: false },
    "Ben's device has written two different histories. Editing with it is paused.",
    ['versions', 'download'],
  ],
  [
    { kind: 'fork', name: 'Ben', mayDecide: true },
    "Ben's device has written two different histories. Editing with it is paused.",
    ['restart', 'versions', 'download'],
  ],
  [
    { kind: 'diverged', name: 'Ben', mayDecide: false },
    'What you and Ben have is not the same, and nothing is left to tell why. The owner can have one copy count for everybody.',
    ['download'],
  ],
  [
    { kind: 'diverged', name: 'Ben', mayDecide: true },
    'What you and Ben have is not the same, and nothing is left to tell why. The owner can have one copy count for everybody.',
    ['restart', 'versions', 'download'],
  ],
] as const)('%j is said in words with its remedy', (problem, text, remedies) => {
  expect(problemText(problem)).toEqual({ text, remedies, urgent: false })
})

test.each([
  [{ kind: 'storage-full' }, 'This device is out of space; new changes are only in memory.'],
  [
    { kind: 'not-stored' },
    'Nothing can be stored here; your text is only in memory. Download it before you close this page.',
  ],
] as const)('%j is urgent and offers the text', (problem, text) => {
  const shown = problemText(problem)
  expect(shown).toMatchObject({ text, urgent: true })
  expect(shown.remedies).toContain('download')
})
