/**
 * `npm run attack`: plays every attack with its guard on, wherever it is held, and once with the guard off.
 * Prints one line for each attack and place, then the count. Ends with 1 when any guard does not hold, or when an
 * attack does no damage without its guard: such a guard proves nothing.
 */
import { misused, readCommandLine } from '../command-line.ts'
import { type Attack, play, type Transport } from './stage.ts'
import { ATTACKS } from './table.ts'

const USAGE = `npm run attack -- [NUMBER...]

Plays every attack, or those with these numbers, with its guard on wherever it is held, and once with the guard off.
The exit code is 1 where a guard does not hold, or where an attack does no damage without it.`

function readNumbers(): readonly number[] {
  const { words } = readCommandLine(USAGE, { flags: [], words: true })
  const unknown = words.filter((word) => !ATTACKS.some(({ number }) => String(number) === word))
  if (unknown.length > 0) misused(USAGE, `There is no attack ${unknown.join(', ')}.`)
  return words.map(Number)
}

async function hold(attack: Attack, transport: Transport): Promise<boolean> {
  const damages = await play(attack, transport, 'on')
  console.log(`#${attack.number} ${damages.length === 0 ? 'held' : 'broken'} ${transport}`)
  for (const damage of damages) console.log(`    ${damage}`)
  return damages.length === 0
}

async function control(attack: Attack): Promise<boolean> {
  const [transport] = attack.transports
  const damages = await play(attack, transport ?? 'memory', 'off')
  if (damages.length > 0) return true
  console.log(`#${attack.number} broken control: without ${attack.guard} it did no damage either`)
  return false
}

async function main(wanted: readonly number[]): Promise<void> {
  const broken = new Set<number>()
  const attacks = ATTACKS.filter(({ number }) => wanted.length === 0 || wanted.includes(number))
  for (const attack of attacks) {
    for (const transport of attack.transports) if (!(await hold(attack, transport))) broken.add(attack.number)
    if (!(await control(attack))) broken.add(attack.number)
  }
  const numbers = new Set(attacks.map(({ number }) => number))
  console.log(`attacks: ${numbers.size - broken.size} held, ${broken.size} broken`)
  // links to people who were attacked may still be closing
  process.exit(broken.size === 0 && numbers.size > 0 ? 0 : 1)
}

await main(readNumbers())
