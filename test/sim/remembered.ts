/**
 * Stories in which something was wrong once, made small and kept as lists of actions: a script that is drawn in another
 * way some day still leaves them what they are.
 */
import type { Action, Step } from './script.ts'

export interface Remembered {
  readonly found: string
  readonly people: number
  readonly script: readonly Step[]
}

const HOUR = 3_600_000

/** `[at, action]`; what an action leaves open is drawn from its place. */
function script(...steps: readonly (readonly [number, Action])[]): Step[] {
  return steps.map(([at, action], salt) => ({ at, action, salt }))
}

function words(who: number): Action {
  return { does: 'act', who, edit: 'words', breaksRow: false }
}

function restart(who: number): Action {
  return { does: 'act', who, edit: 'restart', breaksRow: false }
}

export const REMEMBERED: readonly Remembered[] = [
  {
    found: 'with its clock set back, a device counted a dead peer as here for an hour',
    people: 2,
    script: script(
      [400, words(1)],
      [5_800, { does: 'jump', who: 1, by: -HOUR }],
      [6_000, { does: 'divide', parts: [0, 1] }],
      [25_000, { does: 'heal' }],
    ),
  },
  {
    found: 'a doubt cast on somebody was told to nobody',
    people: 3,
    script: script(
      [260, words(1)],
      [280, words(2)],
      [420, { does: 'freeze', who: 0, span: 60_000 }],
      [30_000, words(1)],
    ),
  },
  {
    found: 'a dial that was given up was told to nobody',
    people: 2,
    script: script(
      [400, words(1)],
      [8_000, { does: 'bar', who: 0, other: 1 }],
      [18_000, { does: 'leave', who: 1 }],
      [30_000, words(0)],
    ),
  },
  {
    found: 'a catching up that ended was told to nobody',
    people: 3,
    script: script(
      [100, words(1)],
      [300, words(2)],
      [2_000, { does: 'act', who: 2, edit: 'flood', breaksRow: false }],
    ),
  },
  {
    found: 'what was said to a link that was silent and kept counted as sent',
    people: 2,
    script: script(
      [57, words(1)],
      [1_445, { does: 'stop server' }],
      [5_024, { does: 'freeze', who: 1, span: 105_672 }],
      [15_390, words(0)],
    ),
  },
  {
    found: 'a link that spoke again told nobody of who was at its other end',
    people: 3,
    script: script(
      [15_280, { does: 'leave', who: 0 }],
      [15_607, words(1)],
      [15_693, words(2)],
      [15_853, { does: 'freeze', who: 1, span: 93_672 }],
      [16_733, words(0)],
      [24_262, { does: 'freeze', who: 0, span: 65_541 }],
      [26_638, { does: 'stop server' }],
    ),
  },
  {
    found: 'whoever looked for others while the server was gone never looked again',
    people: 5,
    script: script(
      [100, words(1)],
      [300, words(2)],
      [600, words(3)],
      [900, words(4)],
      [9_094, { does: 'divide', parts: [1, 1, 0, 1, 0] }],
      [14_523, { does: 'stop server' }],
      [49_531, words(3)],
      [49_754, { does: 'start server' }],
      [50_000, { does: 'heal' }],
    ),
  },
  {
    found: 'a join whose door closed at once never ended',
    people: 4,
    script: script(
      [0, words(0)],
      [1_178, { does: 'act', who: 2, edit: 'burst', breaksRow: false }],
      [1_260, words(3)],
      [1_438, { does: 'leave', who: 0 }],
    ),
  },
  {
    found: 'a digest of what a viewer had typed, and would lose, made equal copies look unequal',
    people: 4,
    script: script(
      [0, words(3)],
      [8_435, { does: 'act', who: 3, edit: 'burst', breaksRow: false }],
      [8_475, { does: 'freeze', who: 3, span: 42_768 }],
      [23_000, words(0)],
    ),
  },
  {
    found:
      'with a full disk an owner told everybody what it had signed, lost that with the power and signed something else',
    people: 2,
    script: script(
      [400, words(1)],
      [9_000, { does: 'fill', who: 0 }],
      [9_400, words(0)],
      [9_800, restart(0)],
      [10_300, { does: 'crash', who: 0 }],
      [11_000, { does: 'empty', who: 0 }],
      [13_500, words(0)],
      [13_600, restart(0)],
    ),
  },
  {
    found:
      'a checkpoint made for who heard of another one, while that was made, took rows of the log from the disk',
    people: 5,
    script: script(
      [100, { does: 'act', who: 2, edit: 'checkpoint', breaksRow: false }],
      [3_286, { does: 'act', who: 2, edit: 'paste', breaksRow: false }],
      [4_077, { does: 'act', who: 1, edit: 'paste', breaksRow: false }],
      [4_124, words(4)],
      [19_862, words(4)],
      [20_111, restart(0)],
      [28_578, { does: 'leave', who: 0 }],
    ),
  },
  {
    found:
      'whoever had missed the last word of somebody did not believe others that nobody reached that person any more',
    people: 5,
    script: script(
      [0, words(1)],
      [169, words(0)],
      [347, words(3)],
      [594, words(2)],
      [875, words(4)],
      [2_134, { does: 'leave', who: 4 }],
      [7_017, words(2)],
      [7_262, { does: 'mute', who: 3, other: 4 }],
      [7_496, words(4)],
      [8_359, { does: 'act', who: 4, edit: 'profile', breaksRow: false }],
      [8_579, { does: 'divide', parts: [1, 0, 0, 0, 1] }],
      [40_000, words(1)],
    ),
  },
  {
    found: 'who came together while the server was gone, and who kept their links, never met',
    people: 5,
    script: script(
      [0, words(4)],
      [4_355, { does: 'crash in a write', who: 0, writes: 0 }],
      [5_295, { does: 'act', who: 0, edit: 'burst', breaksRow: false }],
      [11_712, words(2)],
      [11_952, { does: 'stop server' }],
    ),
  },
  {
    found:
      'a checkpoint after a Restart had the log start from the one before it, which covers what counts no more',
    people: 3,
    script: script(
      [2_125, { does: 'act', who: 2, edit: 'checkpoint', breaksRow: false }],
      [18_703, words(1)],
      [18_926, { does: 'act', who: 2, edit: 'paste', breaksRow: true }],
      [18_964, { does: 'act', who: 2, edit: 'checkpoint', breaksRow: false }],
      [19_229, { does: 'divide', parts: [0, 1, 1] }],
      [21_353, { does: 'leave', who: 0 }],
      [21_462, { does: 'act', who: 0, edit: 'profile', breaksRow: true }],
      [21_666, { does: 'act', who: 0, edit: 'restart', breaksRow: true }],
      [33_765, { does: 'act', who: 2, edit: 'checkpoint', breaksRow: false }],
    ),
  },
  {
    found:
      'who was closed before its disk stood on a Restart forgot at the next opening what it asks for anew',
    people: 3,
    script: script(
      [6_451, words(2)],
      [10_329, words(1)],
      [12_080, { does: 'divide', parts: [1, 0, 1] }],
      [16_319, { does: 'act', who: 2, edit: 'burst', breaksRow: false }],
      [16_384, { does: 'act', who: 0, edit: 'restart', breaksRow: true }],
      [16_636, words(1)],
      [17_063, { does: 'act', who: 1, edit: 'checkpoint', breaksRow: true }],
      [31_713, { does: 'leave', who: 1 }],
    ),
  },
]
