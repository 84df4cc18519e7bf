/** The editor's rules in both browsers (editor.page.ts). */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { BROWSERS, closeAll, launchBrowser } from './browsers.ts'
import { outcomeOf, type RuleResult, runSuiteInBrowser } from './suite.ts'

/** Names only: the page module itself needs a browser. */
const RULES = [
  'a view made without its text shows it',
  'edits go both ways',
  'undo takes back my own edit and leaves theirs',
  'undo restores the selection and scrolls to it',
  'an edit from outside never moves my viewport',
  'their text and then their caret, in one frame, do not move it either',
  'text appended while I stand at the end does not move it either',
  'the others are drawn as carets and selections that take no click',
  'a flag on the first line stands beside or below it, never above',
  'a person whose state is gone is gone from the text',
  'a caret moves along with text inserted before it',
  'a caret at text that has not arrived yet shows when it has',
  'nonsense in a state draws nothing and throws nothing',
  'my cursor is told when it moves, and typing ahead tells nothing',
  'an edit of theirs before my cursor moves it and tells nothing',
  'a viewer cannot change the text, and may again when the role changes',
  'a replaced document is bound again, and edits go into it',
  'following keeps somebody in view until I do something of my own',
  'scrolling by wheel ends following, edits of others do not',
  'a text bound without a session takes edits at once',
  'a view that is destroyed leaves no listener behind',
]

describe.each(BROWSERS)('in %s', (name) => {
  let results: readonly RuleResult[] = []

  beforeAll(async () => {
    const browser = await launchBrowser(name)
    results = await runSuiteInBrowser(browser, 'test/e2e/editor.page.ts')
  })
  afterAll(closeAll)

  test('every rule of the page is listed here', () => {
    expect(results.map((result) => result.name)).toEqual(RULES)
  })

  test.each(RULES)('%s', (rule) => {
    expect(outcomeOf(results, rule)).toBe('held')
  })
})
