/** Chance that is the same in every run, for texts and pauses. Not for keys. */

/** Draws evenly from 0 (included) to 1 (not included). */
export type Chance = () => number

/** A 32-bit mixer over a counter with an odd step: cheap, and even enough for made-up writing. */
export function seededChance(seed: number): Chance {
  let counter = seed >>> 0
  return () => {
    counter = (counter + 0x9e37_79b9) >>> 0
    let mixed = counter ^ (counter >>> 16)
    mixed = Math.imul(mixed, 0x21f0_aaad)
    mixed ^= mixed >>> 15
    mixed = Math.imul(mixed, 0x735a_2d97)
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32
  }
}

/** A whole number from `least` to `most`, both included. */
export function wholeNumber(chance: Chance, least: number, most: number): number {
  return least + Math.floor(chance() * (most - least + 1))
}

/** One of a list that is not empty. */
export function pick<T>(chance: Chance, list: readonly [T, ...T[]]): T {
  return list[Math.floor(chance() * list.length)] ?? list[0]
}
