/**
 * A crash at every write to the disk, one after the other and none left out: of the owner and of a guest, each write
 * brought to the disk or not. Everybody comes back, nothing saved is lost, no writer contradicts itself. Crashes at
 * random moments, with all other bad luck, are in sim.test.ts.
 */
import { afterEach, expect, test, vi } from 'vitest'
import { loadCrypto } from '../../src/crypto/sodium.ts'
import { SimDisk } from './disk.ts'
import type { Action, Edit, Step } from './script.ts'
import { verdictOn } from './verdict.ts'

const crypto = await loadCrypto()

/** Milliseconds between two deeds: each has its own writes. */
const PAUSE = 700
const DEEDS: readonly (readonly [who: number, deed: Edit | 'leave'])[] = [
  [0, 'words'],
  [1, 'words'],
  [0, 'burst'],
  [1, 'burst'],
  [0, 'title'],
  [1, 'profile'],
  [1, 'leave'],
  [0, 'checkpoint'],
  [0, 'words'],
  [1, 'words'], // away: comes back instead
  [0, 'leave'],
  [1, 'words'],
  [0, 'words'],
]

/** The power of `who` goes in the write that many writes from now; then both work as every day. */
function scriptOf(who: number, writes: number): Step[] {
  const day = DEEDS.map(([person, deed], at): Step => {
    const action: Action =
      deed === 'leave'
        ? { does: 'leave', who: person }
        : { does: 'act', who: person, edit: deed, breaksRow: false }
    return { at: 5_000 + at * PAUSE, action, salt: at }
  })
  const arrival: Action = { does: 'act', who: 1, edit: 'words', breaksRow: false }
  return [
    { at: 0, action: { does: 'crash in a write', who, writes }, salt: 0 },
    { at: 1, action: arrival, salt: 0 },
    ...day,
  ]
}

afterEach(() => {
  vi.restoreAllMocks()
})

const PEOPLE = ['owner', 'guest'] as const

test.each(PEOPLE.flatMap((person) => [[person, 'lost'] as const, [person, 'done'] as const]))(
  'whichever write of the %s the power goes in, and that write %s, everybody comes back with all that was saved',
  { timeout: 120_000 },
  async (person, write) => {
    const who = PEOPLE.indexOf(person)
    let outages = 0
    const arm = SimDisk.prototype.loseThePowerAfter
    vi.spyOn(SimDisk.prototype, 'loseThePowerAfter').mockImplementation(function (
      this: SimDisk,
      left,
      happen,
    ) {
      const count = (): void => {
        outages++
        happen()
      }
      arm.call(this, left, count, write === 'done')
    })
    let writes = 0
    for (let before = -1; outages > before; writes++) {
      before = outages
      const script = scriptOf(who, writes)
      expect(await verdictOn(crypto, { seed: 1, peers: 2, script }), `write ${writes}`).toBe('')
    }
    expect(writes).toBeGreaterThan(10)
  },
)
