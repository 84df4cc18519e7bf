/** Bytes, ids, secrets and events. The codec has a file of its own. */
import { inspect } from 'node:util'
import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { AssertionFailed, assert, unreachable } from '../../src/base/assert.ts'
import {
  compareBytes,
  concat,
  equalBytes,
  fromBase64url,
  fromHex,
  fromUtf8,
  toBase64url,
  toHex,
  toUtf8,
} from '../../src/base/bytes.ts'
import { Emitter } from '../../src/base/emitter.ts'
import { idBytes, idOf, type WriterId } from '../../src/base/ids.ts'
import { Secret } from '../../src/base/secret.ts'

const anyBytes = fc.uint8Array({ maxLength: 60 })

describe('bytes', () => {
  test('hexadecimal comes back and agrees with Buffer', () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        expect(toHex(bytes)).toBe(Buffer.from(bytes).toString('hex'))
        expect(fromHex(toHex(bytes))).toEqual(bytes)
      }),
    )
  })

  test.each(['0', 'AB', '0g', ' 00', '0x'])('%o is no lower-case hexadecimal', (text) => {
    expect(() => fromHex(text)).toThrow(RangeError)
  })

  test('base64url comes back and agrees with Buffer', () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        expect(toBase64url(bytes)).toBe(Buffer.from(bytes).toString('base64url'))
        expect(fromBase64url(toBase64url(bytes))).toEqual(bytes)
      }),
    )
  })

  test('base64url takes the one spelling it writes', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'AQgwZ_-9+/= \n'), maxLength: 8 }), (text) => {
        const bytes = fromBase64url(text)
        if (bytes !== undefined) expect(toBase64url(bytes)).toBe(text)
      }),
      { numRuns: 2_000 },
    )
    for (const text of ['AB', 'A', 'AA==', 'AA+A', 'AA/A', 'AA A'])
      expect(fromBase64url(text), text).toBeUndefined()
  })

  test('order is that of the hexadecimal spelling, and equal is equal', () => {
    fc.assert(
      fc.property(anyBytes, anyBytes, (a, b) => {
        const [left, right] = [toHex(a), toHex(b)]
        expect(Math.sign(compareBytes(a, b))).toBe(left < right ? -1 : left > right ? 1 : 0)
        expect(equalBytes(a, b)).toBe(left === right)
        expect(equalBytes(a, a.slice())).toBe(true)
      }),
    )
  })

  test('parts are joined into bytes of their own', () => {
    const part = Uint8Array.of(1, 2)
    const joined = concat(part, part)
    part.fill(9)
    expect(joined).toEqual(Uint8Array.of(1, 2, 1, 2))
  })

  test('text is UTF-8 and nothing else', () => {
    expect(fromUtf8(toUtf8('é🦊\ufeff'))).toBe('é🦊\ufeff')
    expect(toUtf8('\ud800')).toEqual(fromHex('efbfbd'))
    expect(() => fromUtf8(fromHex('ff'))).toThrow(TypeError)
  })
})

test('an id is ordered like its bytes and comes back', () => {
  const bytes = fromHex('00ff00ff00ff00ff')
  expect(idBytes(idOf<WriterId>(bytes))).toEqual(bytes)
})

test('a secret shows in no log, error or JSON', () => {
  const secret = new Secret(toUtf8('hunter2'))
  const shown = [
    JSON.stringify({ secret }),
    `${secret}`,
    inspect(secret, { depth: 9, showHidden: true }),
  ].join()
  expect(shown).not.toMatch(/hunter2|104, ?117|68756e74/)
  expect(secret.reveal()).toEqual(toUtf8('hunter2'))
})

test('a law that broke is an AssertionFailed with the law in it', () => {
  expect(() => assert(false, 'water runs down')).toThrow(new AssertionFailed('water runs down'))
  expect(() => unreachable('surprise' as never)).toThrow(AssertionFailed)
  expect(() => assert(true, 'water runs down')).not.toThrow()
})

describe('an emitter', () => {
  test('calls who listens until they stop, each listener once a registration', () => {
    const emitter = new Emitter<{ said: string }>()
    const heard: string[] = []
    const listen = (what: string): void => void heard.push(what)
    const stops = [emitter.on('said', listen), emitter.on('said', listen)]
    emitter.emit('said', 'a')
    stops[0]?.()
    stops[0]?.()
    emitter.emit('said', 'b')
    stops[1]?.()
    emitter.emit('said', 'c')
    expect(heard).toEqual(['a', 'a', 'b'])
  })

  test('a listener that stops itself or another leaves this round as it was', () => {
    const emitter = new Emitter<{ said: number }>()
    const heard: string[] = []
    const stops = ['first', 'second'].map((name) =>
      emitter.on('said', () => {
        heard.push(name)
        for (const stop of stops) stop()
      }),
    )
    emitter.emit('said', 1)
    emitter.emit('said', 2)
    expect(heard).toEqual(['first', 'second'])
  })

  test('a listener that throws stops neither the others nor the one who emits', () => {
    const emitter = new Emitter<{ said: number }>()
    const later: (() => void)[] = []
    const queued = vi
      .spyOn(globalThis, 'queueMicrotask')
      .mockImplementation((callback) => void later.push(callback))
    const heard = vi.fn()
    emitter.on('said', () => {
      throw new RangeError('mine')
    })
    emitter.on('said', heard)
    emitter.emit('said', 7)
    queued.mockRestore()
    expect(heard).toHaveBeenCalledWith(7)
    expect(later).toHaveLength(1)
    expect(later[0]).toThrow(RangeError)
  })

  test('nobody listens after clear', () => {
    const emitter = new Emitter<{ said: number }>()
    const heard = vi.fn()
    emitter.on('said', heard)
    emitter.clear()
    emitter.emit('said', 1)
    expect(heard).not.toHaveBeenCalled()
  })
})
