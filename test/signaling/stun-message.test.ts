/** STUN bytes against the published vectors (RFC 5769), and against everything that is no binding request. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  answerStun,
  decodeStun,
  encodeStun,
  MAX_STUN_BYTES,
  mappedAddress,
  type StunMessage,
} from '../../signaling/stun-message.ts'
import { fromHex, toHex } from '../../src/base/bytes.ts'

const hex = (text: string): Uint8Array => fromHex(text.replace(/\s/g, ''))

/** RFC 5769 §2.1: an ICE check, with credentials. */
const ICE_CHECK = hex(`000100582112a442b7e7a701bc34d686fa87dfae
  802200105354554e207465737420636c69656e74 002400046e0001ff 80290008932ff9b151263b36
  000600096576746a3a68367659202020 000800149aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a2 80280004e57a3bcf`)
/** §2.2: an answer to 192.0.2.1:32853. */
const ANSWER_V4 = hex(`0101003c2112a442b7e7a701bc34d686fa87dfae
  8022000b7465737420766563746f7220 002000080001a147e112a643
  000800142b91f599fd9e90c38c7489f92af9ba53f06be7d7 80280004c07d4c96`)
/** §2.3: an answer to [2001:db8:1234:5678:11:2233:4455:6677]:32853. */
const ANSWER_V6 = hex(`010100482112a442b7e7a701bc34d686fa87dfae
  8022000b7465737420766563746f7220 002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d9
  00080014a382954e4be67bf11784c97c8292c275bfe3ed41 80280004c8fb0b4c`)

const transaction = new Uint8Array(12).fill(7)
const sender = { bytes: Uint8Array.of(198, 51, 100, 7), port: 40_000 }
const request = (change: Partial<StunMessage> = {}): Uint8Array =>
  encodeStun({ type: 0x0001, transaction, attributes: [], fingerprinted: false, ...change })

describe('the published vectors', () => {
  test.each([
    ['192.0.2.1', ANSWER_V4, Uint8Array.of(192, 0, 2, 1)],
    ['2001:db8:1234:5678:11:2233:4455:6677', ANSWER_V6, hex('20010db8123456780011223344556677')],
  ])('say %s', (_name, bytes, address) => {
    const answer = decodeStun(bytes)
    expect(answer).toMatchObject({ type: 0x0101, fingerprinted: true })
    expect(answer && mappedAddress(answer)).toEqual({ bytes: address, port: 32_853 })
  })

  test('name the address in the same bytes as an answer of ours', () => {
    const transaction = ANSWER_V4.slice(8, 20)
    const answer = answerStun(request({ transaction }), { bytes: Uint8Array.of(192, 0, 2, 1), port: 32_853 })
    expect(toHex(answer!.subarray(20))).toBe('002000080001a147e112a643')
  })

  test('hold a sound check of another kind, which gets no answer: it carries credentials', () => {
    expect(decodeStun(ICE_CHECK)?.attributes.map(({ type }) => type)).toEqual([
      0x8022, 0x0024, 0x8029, 0x0006, 0x0008,
    ])
    expect(answerStun(ICE_CHECK, sender)).toBeUndefined()
  })
})

describe('an answer', () => {
  test('goes to a plain binding request and names the sender', () => {
    const answer = decodeStun(answerStun(request(), sender)!)!
    expect(answer).toMatchObject({ type: 0x0101, transaction, fingerprinted: false })
    expect(mappedAddress(answer)).toEqual(sender)
  })

  test('names an address of IPv6 too', () => {
    const six = { bytes: hex('20010db8000000000000000000000001'), port: 1 }
    expect(mappedAddress(decodeStun(answerStun(request(), six)!)!)).toEqual(six)
  })

  test('carries a fingerprint exactly when the request did', () => {
    const software = { type: 0x8022, value: Uint8Array.of(1, 2, 3, 4, 5) }
    const asked = answerStun(request({ attributes: [software], fingerprinted: true }), sender)!
    expect(decodeStun(asked)?.fingerprinted).toBe(true)
    expect(answerStun(request(), sender)).toHaveLength(32)
  })

  test('is at most 32 bytes longer than its request', () => {
    const six = { bytes: new Uint8Array(16).fill(255), port: 65_535 }
    for (const fingerprinted of [false, true]) {
      const asked = request({ fingerprinted })
      expect(answerStun(asked, six)!.length - asked.length).toBeLessThanOrEqual(32)
    }
  })
})

describe('silence meets', () => {
  const withByte = (bytes: Uint8Array, at: number, byte: number): Uint8Array => {
    const changed = bytes.slice()
    changed[at] = byte
    return changed
  }
  const attribute = (type: number, length = 4) => ({ type, value: new Uint8Array(length) })

  test.each([
    ['no bytes', new Uint8Array(0)],
    ['a header cut short', request().subarray(0, 19)],
    ['a length that is not the datagram’s', withByte(request(), 3, 4)],
    ['another cookie', withByte(request(), 4, 0)],
    ['an indication', request({ type: 0x0011 })],
    ['a success answer', request({ type: 0x0101 })],
    ['an error answer', request({ type: 0x0111 })],
    ['an allocation', request({ type: 0x0003 })],
    ['two high bits', withByte(request(), 0, 0x40)],
    ['a request to answer elsewhere', request({ attributes: [attribute(0x0003)] })],
    ['an attribute that must be understood', request({ attributes: [attribute(0x7fff)] })],
    ['a wrong fingerprint', withByte(request({ fingerprinted: true }), 27, 0)],
    ['an attribute longer than the datagram', withByte(request({ attributes: [attribute(0x8022)] }), 23, 9)],
    ['too many attributes', request({ attributes: Array.from({ length: 17 }, () => attribute(0x8022, 0)) })],
    ['more bytes than any request has', request({ attributes: [attribute(0x8022, MAX_STUN_BYTES - 20)] })],
  ])('%s', (_name, datagram) => {
    expect(answerStun(datagram, sender)).toBeUndefined()
  })

  test('bytes left over, and a request cut anywhere', () => {
    const whole = request({ attributes: [attribute(0x8022, 5)], fingerprinted: true })
    expect(answerStun(whole, sender)).toBeDefined()
    expect(answerStun(Uint8Array.of(...whole, 0, 0, 0, 0), sender)).toBeUndefined()
    for (let length = 0; length < whole.length; length++)
      expect(answerStun(whole.subarray(0, length), sender)).toBeUndefined()
  })

  test('arbitrary bytes, which never throw either', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => answerStun(bytes, sender) === undefined),
      { numRuns: 5_000 },
    )
  })

  test('a changed byte anywhere before a fingerprint', () => {
    const whole = request({ attributes: [attribute(0x8022, 5)], fingerprinted: true })
    // a longer attribute before it swallows it whole, and then there is none
    const lengthAt = 23
    fc.assert(
      fc.property(
        fc.nat(whole.length - 9).filter((at) => at !== lengthAt),
        fc.integer({ min: 1, max: 255 }),
        (at, flip) => answerStun(withByte(whole, at, (whole[at] as number) ^ flip), sender) === undefined,
      ),
    )
  })
})

test('what is encoded decodes to the same message', () => {
  const message = fc.record({
    type: fc.nat(0x3fff),
    transaction: fc.uint8Array({ minLength: 12, maxLength: 12 }),
    attributes: fc.array(
      fc.record({ type: fc.integer({ min: 0, max: 0x8027 }), value: fc.uint8Array({ maxLength: 20 }) }),
      { maxLength: 16 },
    ),
    fingerprinted: fc.boolean(),
  })
  fc.assert(
    fc.property(message, (one) => {
      expect(decodeStun(encodeStun(one))).toEqual(one)
    }),
  )
})
