/** Strict reading: what a Writer writes a Reader reads, in one spelling, and nothing else gets through. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AssertionFailed } from '../../src/base/assert.ts'
import { concat, fromHex } from '../../src/base/bytes.ts'
import { decode, Malformed, Reader, Writer } from '../../src/base/codec.ts'

const MAX = Number.MAX_SAFE_INTEGER
/** Small ones, edges of 7-bit groups, and the largest. */
const anyNumber = fc.oneof(
  fc.nat(300),
  fc.maxSafeNat(),
  fc
    .tuple(fc.integer({ min: 0, max: 52 }), fc.integer({ min: -1, max: 1 }))
    .map(([bits, by]) => 2 ** bits + by),
)
const varuint = (hex: string, max?: number) => decode(fromHex(hex), (reader) => reader.varuint(max))

describe('varuint', () => {
  test('every safe integer comes back', () => {
    fc.assert(
      fc.property(anyNumber, (value) => {
        expect(decode(new Writer().varuint(value).finish(), (reader) => reader.varuint())).toEqual({
          ok: true,
          value,
        })
      }),
    )
  })

  test.each([
    ['00', 0],
    ['7f', 127],
    ['8001', 128],
    ['ffffffffffffff0f', MAX],
  ])('%s is %i', (hex, value) => {
    expect(varuint(hex)).toEqual({ ok: true, value })
  })

  test.each(['8000', '808000', 'ff00', 'ffffffffffffff00'])('%s is overlong', (hex) => {
    expect(varuint(hex)).toEqual({ ok: false, reason: 'overlong number' })
  })

  test.each(['8080808080808010', 'ffffffffffffff10', 'ffffffffffffff7f'])('%s is beyond 2^53 - 1', (hex) => {
    expect(varuint(hex).ok).toBe(false)
  })

  test('nine bytes are no number', () => {
    expect(varuint('808080808080808001')).toEqual({ ok: false, reason: 'number too long' })
  })

  test('a number is held to its limit', () => {
    expect(varuint('64', 100).ok).toBe(true)
    expect(varuint('65', 100)).toEqual({ ok: false, reason: 'number beyond 100' })
  })

  test('arbitrary bytes are refused or are the one spelling of what they mean', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 10 }), (bytes) => {
        const read = decode(bytes, (reader) => reader.varuint())
        if (read.ok) expect(new Writer().varuint(read.value).finish()).toEqual(bytes)
      }),
      { numRuns: 2_000 },
    )
  })

  test.each([-1, 0.5, MAX + 1, Number.NaN])('%d is never written', (value) => {
    expect(() => new Writer().varuint(value)).toThrow(AssertionFailed)
  })
})

describe('numbers of fixed width', () => {
  test.each([
    ['u8', 1],
    ['u16', 2],
    ['u32', 4],
    ['u48', 6],
  ] as const)('%s is big-endian, %i bytes, and holds its smallest and largest', (width, length) => {
    for (const value of [0, 1, 2 ** (8 * length) - 1]) {
      const bytes = new Writer()[width](value).finish()
      expect(bytes).toEqual(fromHex(value.toString(16).padStart(length * 2, '0')))
      expect(new Reader(bytes)[width]()).toBe(value)
    }
  })

  test.each(['u8', 'u16', 'u32', 'u48'] as const)('%s writes nothing that does not fit', (width) => {
    const length = { u8: 1, u16: 2, u32: 4, u48: 6 }[width]
    for (const value of [-1, 2 ** (8 * length), 1.5])
      expect(() => new Writer()[width](value)).toThrow(AssertionFailed)
  })

  test.each(['u8', 'u16', 'u32', 'u48'] as const)('%s cut short is malformed', (width) => {
    const length = { u8: 1, u16: 2, u32: 4, u48: 6 }[width]
    expect(() => new Reader(new Uint8Array(length - 1))[width]()).toThrow(Malformed)
  })
})

describe('texts, lists, flags', () => {
  test('well-formed text comes back and is UTF-8', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(decode(new Writer().text(text).finish(), (reader) => reader.text(1_000))).toEqual({
          ok: true,
          value: text,
        })
      }),
    )
  })

  test('a byte order mark is part of the text', () => {
    expect(decode(new Writer().text('\ufeffa').finish(), (reader) => reader.text(10))).toEqual({
      ok: true,
      value: '\ufeffa',
    })
  })

  test.each(['01ff', '02c080', '03eda080', '04f4908080', '02c328'])('%s is no UTF-8', (hex) => {
    expect(decode(fromHex(hex), (reader) => reader.text(10))).toEqual({ ok: false, reason: 'not UTF-8' })
  })

  test('a text is held to its limit in bytes', () => {
    const bytes = new Writer().text('ééé').finish()
    expect(decode(bytes, (reader) => reader.text(6)).ok).toBe(true)
    expect(decode(bytes, (reader) => reader.text(5)).ok).toBe(false)
  })

  test('a list that promises more items than bytes is refused before any is read', () => {
    let asked = 0
    const read = decode(concat(fromHex('ffff03'), new Uint8Array(10)), (reader) =>
      reader.list(65_535, 1, () => asked++),
    )
    expect(read).toEqual({ ok: false, reason: 'more items than bytes' })
    expect(asked).toBe(0)
  })

  test('a list is held to its limit', () => {
    const bytes = new Writer().list([1, 2, 3], (to, value) => to.u8(value)).finish()
    expect(decode(bytes, (reader) => reader.list(3, 1, (from) => from.u8()))).toEqual({
      ok: true,
      value: [1, 2, 3],
    })
    expect(decode(bytes, (reader) => reader.list(2, 1, (from) => from.u8())).ok).toBe(false)
  })

  test('a flag is 0 or 1 and nothing else', () => {
    const flags = Array.from({ length: 256 }, (_, byte) =>
      decode(Uint8Array.of(byte), (reader) => reader.flag()),
    )
    expect(
      flags.map((flag) => (flag.ok ? flag.value : undefined)).filter((flag) => flag !== undefined),
    ).toEqual([false, true])
  })

  test('bytes left over are malformed', () => {
    expect(decode(fromHex('0001'), (reader) => reader.u8())).toEqual({ ok: false, reason: 'bytes left over' })
  })

  test('an error that is ours passes through', () => {
    expect(() =>
      decode(fromHex('00'), () => {
        throw new RangeError('ours')
      }),
    ).toThrow(RangeError)
  })
})

test('a writer that grows keeps what it wrote', () => {
  const parts = Array.from({ length: 40 }, (_, index) => new Uint8Array(index * 17).fill(index))
  const writer = new Writer()
  for (const part of parts) writer.fixed(part)
  const once = writer.finish()
  expect(once).toEqual(concat(...parts))
  writer.u8(1)
  expect(once).toEqual(concat(...parts))
})
