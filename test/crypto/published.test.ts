/**
 * Handshakes worked out by other people's Noise. Only a digest of what was compared is kept here;
 * NOISE_VECTORS=FILE compares a whole file of vectors (test/vectors/README.md says which and how).
 */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { EMPTY, fromHex, toHex, toUtf8 } from '../../src/base/bytes.ts'
import { startNoise } from '../../src/crypto/noise.ts'
import { loadCrypto } from '../../src/crypto/sodium.ts'
import { type NoiseScript, noiseTranscript } from './noise-twin.ts'
import { type HashName, hash, sealCounted } from './twin.ts'

const crypto = await loadCrypto()

/** The names of suites the twin knows, as they end a line `handshake=`. */
const SUITES: Record<string, HashName> = {
  Noise_XXpsk0_25519_ChaChaPoly_BLAKE2b: 'blake2b512',
  Noise_XXpsk0_25519_ChaChaPoly_SHA256: 'sha256',
  Noise_XXpsk0_25519_ChaChaPoly_SHA512: 'sha512',
}

/** Counts up from `first`: how the published vectors choose their keys. */
const counting = (first: number): Uint8Array => Uint8Array.from({ length: 32 }, (_, i) => first + i)

const KEYS = {
  psk: toUtf8('!verysecretverysecretverysecret!'),
  initiatorStatic: counting(0x00),
  responderStatic: counting(0x01),
  initiatorEphemeral: counting(0x20),
  responderEphemeral: counting(0x41),
}
const NAMED = [toUtf8('test_msg_0'), toUtf8('test_msg_1'), toUtf8('test_msg_2')] as const
const PROLOGUE = toUtf8('notsecret')

/** SHA-256 of the five ciphertexts of a vector, joined. The first two are from flynn/noise, the others from noise-handshake 4.2.0. */
const DIGESTS: readonly [HashName, Uint8Array, NoiseScript['payloads'], string][] = [
  [
    'sha256',
    EMPTY,
    [EMPTY, EMPTY, EMPTY],
    '0d068c441e4ac2daf2beecfa157172187bed9305edde44c59d1f8e835b4a1753',
  ],
  ['sha256', EMPTY, NAMED, 'e8f3cefc16b63e3ee6b438a6c1ad3387110ef445f9f9aedc75779579b0349b56'],
  [
    'blake2b512',
    EMPTY,
    [EMPTY, EMPTY, EMPTY],
    'c044ede28ad81d9a861d2d9ce8f47b81ff8cf5c8b13a52bf48fb43983fa60a5d',
  ],
  ['blake2b512', EMPTY, NAMED, 'f9298a0691c1049b1e10f065e11ac62acbe51021578dde03874336e8d4314e33'],
  [
    'blake2b512',
    PROLOGUE,
    [EMPTY, EMPTY, EMPTY],
    'ed52b83185925248121f8bd77ee2b1b7e5bf19e885d54b9ed09290af84a4e74a',
  ],
  ['blake2b512', PROLOGUE, NAMED, 'bd3652acac652dff5cd31e23e54f545310b6d1b1e9d889d175db4679e2a4d75c'],
]

test.each(DIGESTS)(
  'the twin agrees with a published handshake over %s',
  (hashName, prologue, payloads, digest) => {
    const ciphertexts = twinCiphertexts({ ...KEYS, hashName, prologue, payloads })
    expect(toHex(hash('sha256', ...ciphertexts))).toBe(digest)
  },
)

test.each(DIGESTS.filter(([hashName]) => hashName === 'blake2b512'))(
  'the handshake agrees with a published one over %s',
  (hashName, prologue, payloads, digest) => {
    const ciphertexts = ourCiphertexts({ ...KEYS, hashName, prologue, payloads })
    expect(toHex(hash('sha256', ...ciphertexts))).toBe(digest)
  },
)

const file = process.env['NOISE_VECTORS']
if (file !== undefined) {
  const published = readPublished(readFileSync(file, 'utf8'))
  test(`${file} holds a suite of ours`, () => {
    expect(published.length).toBeGreaterThan(0)
  })
  test.each(published)('$name, vector $number of the file', ({ script, ciphertexts, handshakeHash }) => {
    expect(twinCiphertexts(script).map(toHex)).toEqual(ciphertexts)
    if (handshakeHash !== undefined) expect(toHex(noiseTranscript(script).handshakeHash)).toBe(handshakeHash)
    if (script.hashName === 'blake2b512') expect(ourCiphertexts(script).map(toHex)).toEqual(ciphertexts)
  })
}

/** What published vectors seal after the handshake: one text in each direction. */
const TRANSPORT = [toUtf8('yellowsubmarine'), toUtf8('submarineyellow')] as const

/** Three messages, then what each side seals first. */
function twinCiphertexts(script: NoiseScript): Uint8Array[] {
  const { messages, initiatorKey, responderKey } = noiseTranscript(script)
  const sealed = [initiatorKey, responderKey].map((key, at) =>
    sealCounted(key, 0, EMPTY, TRANSPORT[at] ?? EMPTY),
  )
  return [...messages, ...sealed]
}

function ourCiphertexts(script: NoiseScript): Uint8Array[] {
  const { prologue, psk, payloads } = script
  const side = (role: 'initiator' | 'responder', staticKey: Uint8Array, ephemeralKey: Uint8Array) =>
    startNoise(crypto, {
      role,
      prologue,
      psk,
      staticKeys: crypto.dhKeys(staticKey),
      ephemeralKeys: crypto.dhKeys(ephemeralKey),
    })
  const initiator = side('initiator', script.initiatorStatic, script.initiatorEphemeral)
  const responder = side('responder', script.responderStatic, script.responderEphemeral)
  const messages = payloads.map((payload, number) => {
    const [writer, reader] = number === 1 ? [responder, initiator] : [initiator, responder]
    const message = writer.write(payload)
    expect(reader.read(message)).toEqual(payload)
    return message
  })
  const keys = [initiator.finish().sendKey, responder.finish().sendKey]
  return [...messages, ...keys.map((key, at) => crypto.sealCounted(key, 0, EMPTY, TRANSPORT[at] ?? EMPTY))]
}

/** Blocks of `name=hex` lines, as flynn/noise writes them; only suites the twin knows. */
function readPublished(text: string) {
  const blocks = text.split('\n\n').map((block) => new Map(block.split('\n').map((line) => splitOnce(line))))
  return blocks.flatMap((fields, number) => {
    const name = fields.get('handshake') ?? ''
    const hashName = SUITES[name]
    if (hashName === undefined) return []
    const bytes = (field: string) => fromHex(fields.get(field) ?? '')
    const script: NoiseScript = {
      hashName,
      prologue: bytes('prologue'),
      psk: bytes('preshared_key'),
      initiatorStatic: bytes('init_static'),
      initiatorEphemeral: bytes('gen_init_ephemeral'),
      responderStatic: bytes('resp_static'),
      responderEphemeral: bytes('gen_resp_ephemeral'),
      payloads: [bytes('msg_0_payload'), bytes('msg_1_payload'), bytes('msg_2_payload')],
    }
    const ciphertexts = [0, 1, 2, 3, 4].map((at) => fields.get(`msg_${at}_ciphertext`))
    return [{ name, number, script, ciphertexts, handshakeHash: fields.get('handshake_hash') }]
  })
}

function splitOnce(line: string): [string, string] {
  const at = line.indexOf('=')
  return at < 0 ? [line, ''] : [line.slice(0, at), line.slice(at + 1)]
}
