import { expect, test } from 'vitest'
import { caretStyleOf, colorIndex, colorOf, initialsOf, PALETTE } from '../../src/editor/palette.ts'

/** WCAG 2.2 relative luminance of #rrggbb. */
function luminance(color: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const channel = Number.parseInt(color.slice(at, at + 2), 16) / 255
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

function contrast(one: string, other: string): number {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a)
  return (light + 0.05) / (dark + 0.05)
}

test.each(PALETTE)('%s can be seen on light and on dark, and read with black letters', (color) => {
  expect(contrast(color, '#ffffff')).toBeGreaterThanOrEqual(4)
  expect(contrast(color, '#1e1e1e')).toBeGreaterThanOrEqual(4)
  expect(contrast(color, '#000000')).toBeGreaterThanOrEqual(5)
})

test.each([-1, 12, 1.5, Number.NaN, Number.POSITIVE_INFINITY])(
  '%d is no colour and shows as the first',
  (claimed) => {
    expect(colorIndex(claimed)).toBe(0)
    expect(colorOf(claimed)).toBe(PALETTE[0])
  },
)

test('neighbouring colours have different caret styles', () => {
  for (let color = 1; color < PALETTE.length; color++) {
    expect(caretStyleOf(color)).not.toBe(caretStyleOf(color - 1))
  }
})

test.each([
  ['Ada', 'A'],
  ['ada lovelace', 'AL'],
  ['  Ada   B.  King ', 'AK'],
  ['👩‍💻 dev', '👩‍💻D'],
  ['', '?'],
])('the initials of "%s" are %s', (name, initials) => {
  expect(initialsOf(name)).toBe(initials)
})
