/** Violations are values: told from everything else a function may give back. */
import { expect, test } from 'vitest'
import { isViolation, violation } from '../../src/wire/violation.ts'

test('a violation is told from every other value', () => {
  expect(isViolation(violation('forged', 'a sentence'))).toBe(true)
  const others = [undefined, null, 0, '', 'violation', {}, [], () => undefined]
  for (const other of [...others, { violation: 'forged' }, { detail: 'a sentence' }])
    expect(isViolation(other)).toBe(false)
})
