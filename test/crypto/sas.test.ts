/** Seven emoji out of a handshake and two nonces: the same for both, another for everybody else. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AssertionFailed } from '../../src/base/assert.ts'
import { toUtf8 } from '../../src/base/bytes.ts'
import { EMOJI } from '../../src/crypto/emoji.ts'
import { keepsCommitment, SAS_LENGTH, sasCommitment, sasOf } from '../../src/crypto/sas.ts'
import { loadCrypto } from '../../src/crypto/sodium.ts'
import { fixedBytes, join, kdf, shortHash } from './twin.ts'

const crypto = await loadCrypto()
const HASH = fixedBytes('handshake hash', 64)
const side = (name: string) => ({
  nonce: fixedBytes(`${name} nonce`, 32),
  certificate: fixedBytes(`${name} certificate`, 90),
})
const SIDES = { committer: side('committer'), answerer: side('answerer') }

describe('the emoji', () => {
  test('are 64, each with a picture and a name of its own', () => {
    expect(EMOJI).toHaveLength(64)
    expect(new Set(EMOJI.map(({ picture }) => picture)).size).toBe(64)
    expect(new Set(EMOJI.map(({ name }) => name)).size).toBe(64)
    for (const { picture, name } of EMOJI) {
      expect(picture).toMatch(/^\p{Extended_Pictographic}\uFE0F?$/u)
      expect(name).toMatch(/^[a-z]{3,10}$/)
    }
  })

  test('are the first 42 bits of the key, six at a time', () => {
    const { committer, answerer } = SIDES
    const said = join(committer.nonce, answerer.nonce, committer.certificate, answerer.certificate)
    const bits = [...kdf(HASH, 'sas', said, 16)].map((byte) => byte.toString(2).padStart(8, '0')).join('')
    const expected = Array.from({ length: 7 }, (_, at) => Number.parseInt(bits.slice(at * 6, at * 6 + 6), 2))
    expect(sasOf(crypto, HASH, SIDES)).toEqual(expected)
  })

  test('are seven numbers below 64, whatever they are made from', () => {
    const bytes = fc.uint8Array({ minLength: 32, maxLength: 32 })
    fc.assert(
      fc.property(bytes, bytes, (one, other) => {
        const numbers = sasOf(crypto, HASH, {
          committer: { ...SIDES.committer, nonce: one },
          answerer: { ...SIDES.answerer, nonce: other },
        })
        expect(numbers).toHaveLength(SAS_LENGTH)
        for (const number of numbers) expect(number >= 0 && number < 64).toBe(true)
      }),
    )
  })

  test('are others on another link, with another nonce, another certificate, or the sides exchanged', () => {
    const { committer, answerer } = SIDES
    const others = [
      sasOf(crypto, fixedBytes('another hash', 64), SIDES),
      sasOf(crypto, HASH, { committer: { ...committer, nonce: side('x').nonce }, answerer }),
      sasOf(crypto, HASH, { committer, answerer: { ...answerer, nonce: side('x').nonce } }),
      sasOf(crypto, HASH, { committer: { ...committer, certificate: side('x').certificate }, answerer }),
      sasOf(crypto, HASH, { committer, answerer: { ...answerer, certificate: side('x').certificate } }),
      sasOf(crypto, HASH, { committer: answerer, answerer: committer }),
    ]
    const all = [sasOf(crypto, HASH, SIDES), ...others].map(String)
    expect(new Set(all).size).toBe(all.length)
  })
})

test('a nonce of another length is our own bug, whichever side it is from', () => {
  const { committer, answerer } = SIDES
  const short = (of: typeof committer) => ({ ...of, nonce: of.nonce.subarray(1) })
  expect(() => sasOf(crypto, HASH, { committer: short(committer), answerer })).toThrow(AssertionFailed)
  expect(() => sasOf(crypto, HASH, { committer, answerer: short(answerer) })).toThrow(AssertionFailed)
})

test('a commitment is the hash of its label, the link and the nonce', () => {
  const { nonce } = SIDES.committer
  const said = join(toUtf8('coterie/1/sas-commit'), HASH, nonce)
  expect(sasCommitment(crypto, HASH, nonce)).toEqual(shortHash(32, said))
})

test('a commitment is kept by its nonce on its link, and by nothing else', () => {
  const { nonce } = SIDES.committer
  const commitment = sasCommitment(crypto, HASH, nonce)
  expect(keepsCommitment(crypto, HASH, commitment, nonce)).toBe(true)
  expect(keepsCommitment(crypto, HASH, commitment, SIDES.answerer.nonce)).toBe(false)
  expect(keepsCommitment(crypto, fixedBytes('another hash', 64), commitment, nonce)).toBe(false)
  expect(keepsCommitment(crypto, HASH, commitment.subarray(1), nonce)).toBe(false)
})
