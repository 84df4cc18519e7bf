/** Every attack is held, and does its damage where its guard is off. */
import { describe, expect, test } from 'vitest'
import { play } from './stage.ts'
import { ATTACKS } from './table.ts'

const MINUTE = 60_000

describe.each(ATTACKS.map((attack) => [`#${attack.number} ${attack.name}`, attack] as const))(
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
