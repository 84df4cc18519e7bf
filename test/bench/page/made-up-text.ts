/** A text of any length, made at once: numbered lines of ASCII, so a character is a byte. */
const LINE = 'the quick brown fox jumps over the lazy dog and runs away\n'

export function madeUpText(units: number): string {
  const lines: string[] = []
  for (let length = 0, number = 0; length < units; number += 1) {
    const line = `${number} ${LINE}`
    lines.push(line)
    length += line.length
  }
  return lines.join('').slice(0, units)
}
