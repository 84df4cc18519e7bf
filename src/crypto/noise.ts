/**
 * Noise_XXpsk0_25519_ChaChaPoly_BLAKE2b (Noise specification revision 34), as a pure machine: it
 * sends nothing and reads no clock. Tokens and names follow the specification, section 5.3.
 *
 * Invariants: a message that fails breaks the handshake for good and its keys are wiped; a remote key
 * of small order or in a second spelling is refused where it is read, so no agreed secret is all zero.
 */
import { assert, unreachable } from '../base/assert.ts'
import { concat, EMPTY } from '../base/bytes.ts'
import type { Crypto, DhKeys } from './crypto.ts'
import { SymmetricState } from './symmetric.ts'

export interface NoiseStart {
  readonly role: 'initiator' | 'responder'
  readonly prologue: Uint8Array
  /** 32 bytes. */
  readonly psk: Uint8Array
  readonly staticKeys: DhKeys
  /** Fresh for every handshake; given from outside so that vectors can fix it. */
  readonly ephemeralKeys: DhKeys
}

/** What both sides hold after message 3. Keys are per direction, 32 bytes. */
export interface NoiseFinish {
  readonly sendKey: Uint8Array
  readonly receiveKey: Uint8Array
  /** 64 bytes, equal on both sides, unique to this handshake. */
  readonly handshakeHash: Uint8Array
  readonly remoteStatic: Uint8Array
}

/** Messages alternate: initiator writes 1 and 3, responder writes 2. Calling out of turn is our own bug (assert). */
export interface NoiseHandshake {
  readonly turn: 'write' | 'read' | 'finished'
  write(payload: Uint8Array): Uint8Array
  /** The payload, or `undefined`: the other side proved nothing; nothing more may be read. */
  read(message: Uint8Array): Uint8Array | undefined
  /** Only when `turn` is 'finished'. */
  finish(): NoiseFinish
  /** Remote static key once known (initiator: after reading 2; responder: after reading 3). */
  readonly remoteStatic: Uint8Array | undefined
  /** h so far: binds a payload of message 2 or 3 to everything before it. */
  readonly hash: Uint8Array
}

const PROTOCOL = 'Noise_XXpsk0_25519_ChaChaPoly_BLAKE2b'
const KEY_BYTES = 32
/** A static key and its tag. */
const SEALED_KEY_BYTES = 48
/** Noise, section 3: a longer message is no Noise message. */
const MAX_MESSAGE_BYTES = 65_535

type Token = 'psk' | 'e' | 's' | 'ee' | 'es' | 'se'

interface Pattern {
  readonly tokens: readonly Token[]
  /** Bytes of a message beyond its payload: keys and tags. */
  readonly overhead: number
}

/** The three messages of XXpsk0; the initiator writes the first and the third. */
const PATTERNS: readonly Pattern[] = [
  { tokens: ['psk', 'e'], overhead: 48 },
  { tokens: ['e', 'ee', 's', 'es'], overhead: 96 },
  { tokens: ['s', 'se'], overhead: 64 },
]

type Phase =
  | { readonly phase: 'talking'; readonly pattern: Pattern; readonly number: number }
  | { readonly phase: 'broken' }
  | { readonly phase: 'finished'; readonly finish: NoiseFinish }

/** After a `read` that gave `undefined`, `turn` stays 'read' and every further `read` gives `undefined`. */
export function startNoise(crypto: Crypto, start: NoiseStart): NoiseHandshake {
  assert(start.psk.length === KEY_BYTES, 'a psk is 32 bytes long')
  return new Handshake(crypto, start)
}

class Handshake implements NoiseHandshake {
  readonly #crypto: Crypto
  readonly #start: NoiseStart
  readonly #symmetric: SymmetricState
  #state: Phase = talking(0)
  #remoteEphemeral: Uint8Array | undefined
  #remoteStatic: Uint8Array | undefined

  constructor(crypto: Crypto, start: NoiseStart) {
    this.#crypto = crypto
    this.#start = start
    this.#symmetric = new SymmetricState(crypto, PROTOCOL)
    this.#symmetric.mixHash(start.prologue)
  }

  get turn(): 'write' | 'read' | 'finished' {
    const state = this.#state
    switch (state.phase) {
      case 'talking':
        return (state.number % 2 === 0) === this.#initiates ? 'write' : 'read'
      case 'broken':
        return 'read'
      case 'finished':
        return 'finished'
      default:
        return unreachable(state)
    }
  }

  get remoteStatic(): Uint8Array | undefined {
    return this.#remoteStatic
  }

  get hash(): Uint8Array {
    return this.#symmetric.hash
  }

  write(payload: Uint8Array): Uint8Array {
    const state = this.#state
    assert(state.phase === 'talking' && this.turn === 'write', 'a handshake message is written in turn')
    const { tokens, overhead } = state.pattern
    assert(payload.length + overhead <= MAX_MESSAGE_BYTES, 'a handshake message is below 64 KiB')
    const parts = tokens.map((token) => this.#writeToken(token))
    const message = concat(...parts, this.#symmetric.seal(payload))
    this.#advance(state.number)
    return message
  }

  read(message: Uint8Array): Uint8Array | undefined {
    const state = this.#state
    if (state.phase === 'broken') return undefined
    assert(state.phase === 'talking' && this.turn === 'read', 'a handshake message is read in turn')
    const payload = this.#readMessage(state.pattern, message)
    if (payload === undefined) this.#break()
    else this.#advance(state.number)
    return payload
  }

  finish(): NoiseFinish {
    assert(this.#state.phase === 'finished', 'a handshake finishes after its third message')
    return this.#state.finish
  }

  get #initiates(): boolean {
    return this.#start.role === 'initiator'
  }

  #writeToken(token: Token): Uint8Array {
    switch (token) {
      case 'e': {
        const key = this.#start.ephemeralKeys.publicKey
        this.#mixEphemeral(key)
        return key
      }
      case 's':
        return this.#symmetric.seal(this.#start.staticKeys.publicKey)
      default:
        this.#mixSecret(token)
        return EMPTY
    }
  }

  #readMessage(pattern: Pattern, message: Uint8Array): Uint8Array | undefined {
    if (message.length < pattern.overhead || message.length > MAX_MESSAGE_BYTES) return undefined
    let rest = message
    for (const token of pattern.tokens) {
      const length = this.#readToken(token, rest)
      if (length === undefined) return undefined
      rest = rest.subarray(length)
    }
    return this.#symmetric.open(rest)
  }

  /** How many bytes the token took, or `undefined` when they are not sound. */
  #readToken(token: Token, rest: Uint8Array): number | undefined {
    switch (token) {
      case 'e': {
        const key = rest.slice(0, KEY_BYTES)
        if (!this.#crypto.isSoundDhKey(key)) return undefined
        this.#remoteEphemeral = key
        this.#mixEphemeral(key)
        return KEY_BYTES
      }
      case 's': {
        const key = this.#symmetric.open(rest.subarray(0, SEALED_KEY_BYTES))
        if (key === undefined || !this.#crypto.isSoundDhKey(key)) return undefined
        this.#remoteStatic = key
        return SEALED_KEY_BYTES
      }
      default:
        this.#mixSecret(token)
        return 0
    }
  }

  /** In a handshake with a psk the ephemeral key goes into both (section 9.2). */
  #mixEphemeral(key: Uint8Array): void {
    this.#symmetric.mixHash(key)
    this.#symmetric.mixKey(key)
  }

  /** The tokens that put nothing into the message. */
  #mixSecret(token: 'psk' | 'ee' | 'es' | 'se'): void {
    if (token === 'psk') this.#symmetric.mixKeyAndHash(this.#start.psk)
    else this.#mixAgreed(token)
  }

  /** The token's first letter is the initiator's key, the second the responder's. */
  #mixAgreed(token: 'ee' | 'es' | 'se'): void {
    const local = this.#initiates ? token[0] : token[1]
    const remote = this.#initiates ? token[1] : token[0]
    const { secretKey } = local === 's' ? this.#start.staticKeys : this.#start.ephemeralKeys
    const publicKey = remote === 's' ? this.#remoteStatic : this.#remoteEphemeral
    assert(publicKey !== undefined, 'a remote key was read before it is used')
    const agreed = this.#crypto.dh(secretKey, publicKey)
    assert(agreed !== undefined, 'a sound remote key agrees on a secret that is not zero')
    this.#symmetric.mixKey(agreed)
    agreed.fill(0)
  }

  #advance(number: number): void {
    this.#state = number + 1 < PATTERNS.length ? talking(number + 1) : this.#finished()
  }

  #finished(): Phase {
    assert(this.#remoteStatic !== undefined, 'a finished handshake knows the remote static key')
    const [first, second] = this.#symmetric.split()
    const [sendKey, receiveKey] = this.#initiates ? [first, second] : [second, first]
    const finish = { sendKey, receiveKey, handshakeHash: this.hash, remoteStatic: this.#remoteStatic }
    return { phase: 'finished', finish }
  }

  /** Forgets what an unproven message claimed. */
  #break(): void {
    this.#symmetric.wipe()
    this.#remoteStatic = undefined
    this.#state = { phase: 'broken' }
  }
}

function talking(number: number): Phase {
  const pattern = PATTERNS[number]
  assert(pattern !== undefined, 'a handshake has three messages')
  return { phase: 'talking', pattern, number }
}
