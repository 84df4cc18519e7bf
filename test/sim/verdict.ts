/** A seed as a test: what was wrong, with the end of its story; empty when nothing was. */
import type { Crypto } from '../../src/crypto/crypto.ts'
import { type Play, play } from './story.ts'

const STEPS_SHOWN = 30

export async function verdictOn(crypto: Crypto, given: Play): Promise<string> {
  const { finding, detail, steps } = await play(crypto, given)
  return finding === undefined ? '' : [`${finding}: ${detail}`, ...steps.slice(-STEPS_SHOWN)].join('\n')
}
