/**
 * What crypto.json and noise-xxpsk0.json hold, worked out by the twins (test/crypto/twin.ts), not by the
 * code under test. test/crypto/vectors.test.ts compares both the files and libsodium with it.
 */
import { noiseTranscript } from '../crypto/noise-twin.ts'
import * as twin from '../crypto/twin.ts'

export type CryptoVectors = ReturnType<typeof makeCryptoVectors>
export type NoiseVectors = ReturnType<typeof makeNoiseVectors>

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

export function makeCryptoVectors() {
  return {
    hash: [16, 32, 64].map((length) => {
      const parts = [0, 1, length, 300].map((size) => twin.fixedBytes(`hash ${length} ${size}`, size))
      return { length, parts: parts.map(hex), digest: hex(twin.shortHash(length, twin.join(...parts))) }
    }),
    kdf: [
      { label: 'entry', keyLength: 32, infoLength: 0, length: 32 },
      { label: 'nonce', keyLength: 16, infoLength: 32, length: 24 },
      { label: 'topic', keyLength: 64, infoLength: 300, length: 64 },
    ].map(makeKdf),
    seal: [0, 1, 200].map((size) => {
      const [key, nonce] = [twin.fixedBytes('seal key', 32), twin.fixedBytes(`seal nonce ${size}`, 24)]
      const [ad, plain] = [twin.fixedBytes('seal ad', size), twin.fixedBytes('seal plain', size)]
      const sealed = twin.seal(key, nonce, ad, plain)
      return { key: hex(key), nonce: hex(nonce), ad: hex(ad), plain: hex(plain), sealed: hex(sealed) }
    }),
    counted: [0, 1, 0xffffffff, 0x100000000, Number.MAX_SAFE_INTEGER].map((counter) => {
      const key = twin.fixedBytes('counted key', 32)
      const [ad, plain] = [twin.fixedBytes('counted ad', 20), twin.fixedBytes('counted plain', 70)]
      const sealed = twin.sealCounted(key, counter, ad, plain)
      return { key: hex(key), counter, ad: hex(ad), plain: hex(plain), sealed: hex(sealed) }
    }),
    sign: [0, 1, 200].map((size) => {
      const [seed, message] = [twin.fixedBytes(`sign seed ${size}`, 32), twin.fixedBytes('signed', size)]
      const signature = twin.signature(seed, message)
      const publicKey = twin.signPublicKey(seed)
      return { seed: hex(seed), publicKey: hex(publicKey), message: hex(message), signature: hex(signature) }
    }),
    dh: ['one', 'two'].map((name) => {
      const [mine, theirs] = [twin.fixedBytes(`dh ${name}`, 32), twin.fixedBytes(`dh far ${name}`, 32)]
      const remote = twin.dhPublicKey(theirs)
      const [publicKey, agreed] = [twin.dhPublicKey(mine), twin.dh(mine, remote)]
      return { secretKey: hex(mine), publicKey: hex(publicKey), remote: hex(remote), agreed: hex(agreed) }
    }),
  }
}

function makeKdf(made: { label: string; keyLength: number; infoLength: number; length: number }) {
  const { label, length } = made
  const key = twin.fixedBytes(`kdf key ${label}`, made.keyLength)
  const info = twin.fixedBytes(`kdf info ${label}`, made.infoLength)
  return { key: hex(key), label, info: hex(info), length, derived: hex(twin.kdf(key, label, info, length)) }
}

export function makeNoiseVectors() {
  return [0, 1, 120].map((size) => {
    const fixed = (name: string) => twin.fixedBytes(`noise ${name} ${size}`, 32)
    const script = {
      hashName: 'blake2b512' as const,
      prologue: twin.fixedBytes('noise prologue', size * 2),
      psk: fixed('psk'),
      initiatorStatic: fixed('initiator static'),
      initiatorEphemeral: fixed('initiator ephemeral'),
      responderStatic: fixed('responder static'),
      responderEphemeral: fixed('responder ephemeral'),
      payloads: [1, 2, 3].map((number) => twin.fixedBytes(`noise payload ${number}`, size * number)) as [
        Uint8Array,
        Uint8Array,
        Uint8Array,
      ],
    }
    const { messages, handshakeHash, initiatorKey, responderKey } = noiseTranscript(script)
    return {
      prologue: hex(script.prologue),
      psk: hex(script.psk),
      initiatorStatic: hex(script.initiatorStatic),
      initiatorEphemeral: hex(script.initiatorEphemeral),
      responderStatic: hex(script.responderStatic),
      responderEphemeral: hex(script.responderEphemeral),
      payloads: script.payloads.map(hex),
      messages: messages.map(hex),
      handshakeHash: hex(handshakeHash),
      initiatorKey: hex(initiatorKey),
      responderKey: hex(responderKey),
    }
  })
}
