/** Every attack is held, and does its damage where its guard is off. In parts, because an attack mostly waits. */
import { describe, expect, test } from 'vitest'
import { play } from './stage.ts'
import { ATTACKS } from './table.ts'

const MINUTE = 60_000
/** So many files play a part each. */
const PARTS = 3

/** @param part from 1 to PARTS: one attack in so many, from this one on */
export function playPart(part: number): void {
  const attacks = ATTACKS.filter((_, index) => index % PARTS === part - 1)
  describe.each(attacks.map((attack) => [`#${attack.number} ${attack.name}`, attack] as const))(
    '%s',
    (_name, attack) => {
      test.each(attack.transports)('is held over %s', { timeout: MINUTE }, async (transport) => {
        expect(await play(attack, transport, 'on')).toEqual([])
      })

      test(`does its damage without ${attack.guard}`, { timeout: MINUTE }, async () => {
        expect((await play(attack, attack.transports[0] ?? 'memory', 'off')).length).toBeGreaterThan(0)
      })
    },
  )
}
