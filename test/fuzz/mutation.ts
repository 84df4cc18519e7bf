/**
 * How good bytes are made bad: bits, bytes, ranges, lengths, splices; and bytes that were never good.
 * Invariant: everything comes from the chance given, so the same seed makes the same inputs.
 */
import { concat } from '../../src/base/bytes.ts'
import { Writer } from '../../src/base/codec.ts'
import { below, type Chance, pick } from '../doc/tools.ts'
import type { Field } from './meter.ts'

/** Good bytes, and where their varuints stand. */
export interface Sample {
  readonly bytes: Uint8Array
  readonly fields: readonly Field[]
}

const TELLING_BYTES = [0, 1, 2, 3, 4, 126, 127, 128, 129, 254, 255]
const TELLING_NUMBERS = [
  ...[0, 1, 127, 128, 255, 256, 16_383, 16_384, 65_535, 65_536, 2 ** 20, 2 ** 24, 2 ** 31 - 1],
  ...[2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 40, 2 ** 50, Number.MAX_SAFE_INTEGER - 1, Number.MAX_SAFE_INTEGER],
]
/** Mutated bytes stay below this, so that damage to damage does not grow for ever. */
const MAX_BYTES = 512 * 1024

export function mutated({ bytes, fields }: Sample, other: Uint8Array, chance: Chance): Uint8Array {
  const grown = fields.length > 0 && chance() < 0.4 ? withField(bytes, pick(chance, fields), chance) : bytes
  let changed = grown
  // sometimes the field alone
  const times = grown !== bytes && chance() < 0.5 ? 0 : 1 + below(chance, chance() < 0.2 ? 8 : 2)
  for (let i = 0; i < times; i++) changed = damaged(changed, other, chance)
  return changed.length > MAX_BYTES ? changed.slice(0, MAX_BYTES) : changed
}

/** One varuint in the middle of the bytes made another number, or spelled longer. */
function withField(bytes: Uint8Array, { start, end }: Field, chance: Chance): Uint8Array {
  const around = (spelled: Uint8Array): Uint8Array =>
    concat(bytes.subarray(0, start), spelled, bytes.subarray(end))
  const value = numberAt(bytes, start, end)
  const mood = chance()
  if (mood < 0.15) return around(overlong(bytes.subarray(start, end), 1 + below(chance, 3)))
  if (mood < 0.2) return around(new Uint8Array(8 + below(chance, 4)).fill(255))
  if (mood < 0.4) return around(spelled(value + 1))
  if (mood < 0.55) return around(spelled(value - 1))
  if (mood < 0.7) return around(spelled(value * (2 + below(chance, 200))))
  return around(spelled(pick(chance, TELLING_NUMBERS)))
}

function numberAt(bytes: Uint8Array, start: number, end: number): number {
  let value = 0
  for (let at = end - 1; at >= start; at--) value = value * 128 + ((bytes[at] ?? 0) & 127)
  return value
}

function spelled(value: number): Uint8Array {
  return new Writer().varuint(Math.min(Number.MAX_SAFE_INTEGER, Math.max(0, value))).finish()
}

function overlong(varuint: Uint8Array, by: number): Uint8Array {
  const longer = new Uint8Array(varuint.length + by).fill(128)
  longer.set(varuint)
  longer[varuint.length - 1] = (varuint.at(-1) ?? 0) | 128
  longer[longer.length - 1] = 0
  return longer
}

const DAMAGES: readonly ((bytes: Uint8Array, other: Uint8Array, chance: Chance) => Uint8Array)[] = [
  (bytes, _other, chance) =>
    withByte(bytes, below(chance, bytes.length), (byte) => byte ^ (1 << below(chance, 8))),
  (bytes, _other, chance) => withByte(bytes, below(chance, bytes.length), () => pick(chance, TELLING_BYTES)),
  (bytes, _other, chance) =>
    withByte(bytes, below(chance, bytes.length), (byte) => byte + (chance() < 0.5 ? 1 : 255)),
  (bytes, _other, chance) => withByte(bytes, below(chance, bytes.length), () => below(chance, 256)),
  (bytes, _other, chance) => bytes.slice(0, below(chance, bytes.length + 1)),
  (bytes, _other, chance) => concat(bytes, plainBytes(chance, 12)),
  (bytes, _other, chance) => spliced(bytes, EMPTY_RANGE, range(bytes, chance, 12), chance),
  (bytes, _other, chance) => spliced(bytes, plainBytes(chance, 12), { start: 0, length: 0 }, chance),
  (bytes, _other, chance) => repeated(bytes, range(bytes, chance, 80), 1 + below(chance, 6)),
  (bytes, other, chance) => concat(bytes.slice(0, below(chance, bytes.length + 1)), tailOf(other, chance)),
  (bytes, other, chance) => overwritten(bytes, other, chance),
]

interface Range {
  readonly start: number
  readonly length: number
}

const EMPTY_RANGE = new Uint8Array(0)

function damaged(bytes: Uint8Array, other: Uint8Array, chance: Chance): Uint8Array {
  return bytes.length === 0 ? plainBytes(chance, 40) : pick(chance, DAMAGES)(bytes, other, chance)
}

function withByte(bytes: Uint8Array, at: number, change: (byte: number) => number): Uint8Array {
  const changed = bytes.slice()
  changed[at] = change(changed[at] ?? 0)
  return changed
}

function range(bytes: Uint8Array, chance: Chance, most: number): Range {
  const start = below(chance, bytes.length)
  return { start, length: 1 + below(chance, Math.min(most, bytes.length - start)) }
}

/** Without the range; or with bytes put in somewhere, when the range is empty. */
function spliced(bytes: Uint8Array, put: Uint8Array, { start, length }: Range, chance: Chance): Uint8Array {
  const at = length === 0 ? below(chance, bytes.length + 1) : start
  return concat(bytes.subarray(0, at), put, bytes.subarray(at + length))
}

function repeated(bytes: Uint8Array, { start, length }: Range, times: number): Uint8Array {
  const part = bytes.subarray(start, start + length)
  const parts = Array.from({ length: times }, () => part)
  return concat(bytes.subarray(0, start + length), ...parts, bytes.subarray(start + length))
}

function tailOf(bytes: Uint8Array, chance: Chance): Uint8Array {
  return bytes.subarray(below(chance, bytes.length + 1))
}

function overwritten(bytes: Uint8Array, other: Uint8Array, chance: Chance): Uint8Array {
  const { start, length } = range(bytes, chance, 40)
  const changed = bytes.slice()
  changed.set(other.subarray(start, start + length).subarray(0, bytes.length - start), start)
  return changed
}

/** Bytes nobody made for this: random, of one kind, or small numbers only. */
export function plainBytes(chance: Chance, most: number): Uint8Array {
  const length = below(chance, most + 1)
  const mood = chance()
  if (mood < 0.15) return new Uint8Array(length).fill(pick(chance, TELLING_BYTES))
  const bound = mood < 0.4 ? 12 : 256
  return Uint8Array.from({ length }, () => below(chance, bound))
}
