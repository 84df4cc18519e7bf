/**
 * CPace-X25519-SHA512 once more, from elsewhere: OpenSSL's X25519 and SHA-512, and the map as the draft's appendix
 * writes it (with the Legendre symbol) instead of as RFC 9380 does.
 */
import { bytesOf, dh, dhPublicKey, hash, join } from './twin.ts'

export interface PakeScript {
  readonly password: Uint8Array
  readonly channel: Uint8Array
  readonly session: Uint8Array
  readonly initiatorScalar: Uint8Array
  readonly responderScalar: Uint8Array
  readonly initiatorSaid: Uint8Array
  readonly responderSaid: Uint8Array
}

const q = 2n ** 255n - 19n
const A = 486_662n

const mod = (value: bigint): bigint => ((value % q) + q) % q
const pow = (base: bigint, exponent: bigint): bigint =>
  exponent === 0n
    ? 1n
    : exponent % 2n === 0n
      ? pow(mod(base * base), exponent / 2n)
      : mod(base * pow(base, exponent - 1n))

export function lengthValue(...parts: readonly Uint8Array[]): Uint8Array {
  return join(
    ...parts.map((part) =>
      part.length < 128
        ? join(Uint8Array.of(part.length), part)
        : join(Uint8Array.of((part.length & 127) | 128, part.length >> 7), part),
    ),
  )
}

export function elligator2(bytes: Uint8Array): Uint8Array {
  const littleEndian = Buffer.from(bytes).reverse().toString('hex')
  const r = mod(BigInt(`0x${littleEndian}`) & (2n ** 255n - 1n))
  const v = mod(-A * pow(mod(1n + 2n * r * r), q - 2n))
  const legendre = pow(mod(v ** 3n + A * v ** 2n + v), (q - 1n) / 2n)
  const epsilon = legendre === 1n ? 1n : -1n
  const x = mod(epsilon * v - (1n - epsilon) * A * pow(2n, q - 2n))
  return Uint8Array.from(Buffer.from(x.toString(16).padStart(64, '0'), 'hex').reverse())
}

export function generator(password: Uint8Array, channel: Uint8Array, session: Uint8Array): Uint8Array {
  const group = bytesOf('CPace255')
  const zeros = Math.max(0, 128 - 1 - lengthValue(password).length - lengthValue(group).length)
  const string = lengthValue(group, password, new Uint8Array(zeros), channel, session)
  return elligator2(hash('sha512', string).subarray(0, 32))
}

/** Everything one exchange comes to. */
export function pakeTranscript(script: PakeScript) {
  const { password, channel, session } = script
  const g = generator(password, channel, session)
  const initiatorPoint = dh(script.initiatorScalar, g)
  const responderPoint = dh(script.responderScalar, g)
  const agreed = dh(script.initiatorScalar, responderPoint)
  const said = [initiatorPoint, script.initiatorSaid, responderPoint, script.responderSaid]
  const key = hash('sha512', lengthValue(bytesOf('CPace255_ISK'), session, agreed, ...said))
  return { generator: g, initiatorPoint, responderPoint, agreed, key }
}

/** A point of the group by its number: for shares nobody agreed on. */
export const pointOf = dhPublicKey
