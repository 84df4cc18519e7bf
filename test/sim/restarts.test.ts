/**
 * Restarts among people who are cut off, freeze and leave: whatever anybody typed stands in the text once at the end.
 * Nobody's power goes and no disk fails here, so that nothing may be missing.
 */
import { expect, test } from 'vitest'
import { loadCrypto } from '../../src/crypto/sodium.ts'
import { type Chance, chanceFrom } from './chance.ts'
import type { Action, Step } from './script.ts'
import { verdictOn } from './verdict.ts'

const crypto = await loadCrypto()
const SEEDS = 25
/** The fourth of a town only reads. */
const PEOPLE = 3

function writeRestarts(seed: number): Step[] {
  const chance = chanceFrom(seed, 'restarts')
  const steps: Step[] = []
  let at = 0
  for (let left = 25 + chance.below(25); left > 0; left--) {
    steps.push({ at, action: draw(chance), salt: chance.below(2 ** 31) })
    at += chance.oneIn(4) ? chance.below(12_000) : chance.below(400)
  }
  return steps
}

function draw(chance: Chance): Action {
  const who = chance.below(PEOPLE)
  const kind = chance.below(20)
  if (kind === 0) return { does: 'leave', who }
  if (kind === 1) return { does: 'freeze', who, span: 10_000 + chance.below(60_000) }
  if (kind === 2) return { does: 'divide', parts: Array.from({ length: PEOPLE }, () => chance.below(2)) }
  if (kind === 3) return { does: 'heal' }
  if (kind === 4) return { does: chance.oneIn(2) ? 'stop server' : 'start server' }
  if (kind === 5) return { does: 'cut', who, other: (who + 1) % PEOPLE }
  if (kind === 6) return { does: 'act', who, edit: 'checkpoint', breaksRow: false }
  if (kind < 10) return { does: 'act', who: 0, edit: 'restart', breaksRow: false }
  return { does: 'act', who, edit: 'sign', breaksRow: false }
}

test.for(Array.from({ length: SEEDS }, (_, index) => index + 1))(
  'seed %i: what was typed apart from a Restart is entered again, once',
  async (seed) => {
    expect(await verdictOn(crypto, { seed, peers: PEOPLE, script: writeRestarts(seed) })).toBe('')
  },
)
