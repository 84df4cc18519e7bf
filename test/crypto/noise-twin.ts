/**
 * Noise_XXpsk0_25519_ChaChaPoly_* written down line by line from the specification, with both sides'
 * secrets in one hand and no machine: what src/crypto/noise.ts must agree with, byte for byte.
 */
import { bytesOf, dh, dhPublicKey, type HashName, hash, hkdf, join, sealCounted } from './twin.ts'

export interface NoiseScript {
  readonly hashName: HashName
  readonly prologue: Uint8Array
  readonly psk: Uint8Array
  /** Secret keys, 32 bytes each. */
  readonly initiatorStatic: Uint8Array
  readonly initiatorEphemeral: Uint8Array
  readonly responderStatic: Uint8Array
  readonly responderEphemeral: Uint8Array
  readonly payloads: readonly [Uint8Array, Uint8Array, Uint8Array]
}

export interface NoiseTranscript {
  readonly messages: readonly [Uint8Array, Uint8Array, Uint8Array]
  readonly handshakeHash: Uint8Array
  /** What the initiator seals with, then what the responder seals with. */
  readonly initiatorKey: Uint8Array
  readonly responderKey: Uint8Array
}

const NAMES: Record<HashName, string> = { blake2b512: 'BLAKE2b', sha256: 'SHA256', sha512: 'SHA512' }

export function noiseTranscript(script: NoiseScript): NoiseTranscript {
  const { hashName, initiatorStatic, initiatorEphemeral, responderStatic, responderEphemeral } = script
  const state = symmetricTwin(hashName)
  state.mixHash(script.prologue)

  const mixEphemeral = (secret: Uint8Array): Uint8Array => {
    const key = dhPublicKey(secret)
    state.mixHash(key)
    state.mixKey(key)
    return key
  }

  state.mixKeyAndHash(script.psk)
  const first = join(mixEphemeral(initiatorEphemeral), state.seal(script.payloads[0]))

  const key = mixEphemeral(responderEphemeral)
  state.mixKey(dh(responderEphemeral, dhPublicKey(initiatorEphemeral)))
  const sealedResponder = state.seal(dhPublicKey(responderStatic))
  state.mixKey(dh(responderStatic, dhPublicKey(initiatorEphemeral)))
  const second = join(key, sealedResponder, state.seal(script.payloads[1]))

  const sealedInitiator = state.seal(dhPublicKey(initiatorStatic))
  state.mixKey(dh(initiatorStatic, dhPublicKey(responderEphemeral)))
  const third = join(sealedInitiator, state.seal(script.payloads[2]))

  return { messages: [first, second, third], ...state.split() }
}

function symmetricTwin(hashName: HashName) {
  const length = hashName === 'sha256' ? 32 : 64
  const name = bytesOf(`Noise_XXpsk0_25519_ChaChaPoly_${NAMES[hashName]}`)
  let h = name.length <= length ? join(name, new Uint8Array(length - name.length)) : hash(hashName, name)
  let chainingKey = h
  let key = new Uint8Array(32)
  let counter = 0

  const mixHash = (bytes: Uint8Array): void => {
    h = hash(hashName, h, bytes)
  }
  const rekey = (output: Uint8Array): void => {
    key = output.slice(0, 32)
    counter = 0
  }
  return {
    mixHash,
    mixKey(input: Uint8Array): void {
      const outputs = hkdf(hashName, chainingKey, input)
      chainingKey = outputs[0]
      rekey(outputs[1])
    },
    mixKeyAndHash(input: Uint8Array): void {
      const outputs = hkdf(hashName, chainingKey, input)
      chainingKey = outputs[0]
      mixHash(outputs[1])
      rekey(outputs[2])
    },
    seal(plain: Uint8Array): Uint8Array {
      const sealed = sealCounted(key, counter, h, plain)
      counter += 1
      mixHash(sealed)
      return sealed
    },
    split() {
      const [initiatorKey, responderKey] = hkdf(hashName, chainingKey, new Uint8Array(0))
      return {
        handshakeHash: h,
        initiatorKey: initiatorKey.slice(0, 32),
        responderKey: responderKey.slice(0, 32),
      }
    },
  }
}
