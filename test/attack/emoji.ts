/**
 * A man in the middle of two people who compare emoji: he has a link to each, knows every key of his own, and tries
 * nonce after nonce until both screens would show the same.
 */
import { concat } from '../../src/base/bytes.ts'
import { type DeviceId, idOf } from '../../src/base/ids.ts'
import type { Crypto } from '../../src/crypto/crypto.ts'
import { EMOJI } from '../../src/crypto/emoji.ts'
import { SAS_NONCE_BYTES, sasCommitment, sasOf } from '../../src/crypto/sas.ts'
import {
  startVerification,
  step,
  type VerificationInput,
  type VerificationOutput,
  type VerificationSide,
  type VerificationState,
} from '../../src/protocol/verification.ts'
import type { VerificationMessage } from '../../src/wire/verification.ts'
import type { Attack } from './stage.ts'

/** Four times what the list of attacks says, so that it never fails by chance; a quarter of a million are enough. */
const TRIES = 2 ** 22
/** Of the seven, as many as so many tries can bring about: 18 bits. A person who looks at the first ones is fooled. */
const FORGED = 3

/** An honest person's end of a link to Mallory. */
class End {
  #state: VerificationState
  readonly outputs: VerificationOutput[] = []

  constructor(crypto: Crypto, handshakeHash: Uint8Array, me: VerificationSide, them: VerificationSide) {
    this.#state = startVerification({ crypto, handshakeHash, me, them })
  }

  hear(input: VerificationInput): readonly VerificationMessage[] {
    const { state, outputs } = step(this.#state, input)
    this.#state = state
    this.outputs.push(...outputs)
    return outputs.flatMap((output) => (output.type === 'send' ? [output.message] : []))
  }

  /** Names of the first pictures on the screen. */
  shown(count: number): string | undefined {
    const shown = this.outputs.findLast((output) => output.type === 'show')
    return shown?.emoji
      .slice(0, count)
      .map(({ name }) => name)
      .join(' ')
  }

  hasPut(type: VerificationOutput['type']): boolean {
    return this.outputs.some((output) => output.type === type)
  }
}

const grinding: Attack = {
  number: 41,
  name: 'a man in the middle who knows the psk grinds the emoji',
  guard: 'the look at the commitment',
  transports: ['memory'],
  async play(stage) {
    const { crypto } = await stage.ground()
    const side = (first: number): VerificationSide => {
      const device = concat(Uint8Array.of(first), crypto.randomBytes(15))
      return { device: idOf<DeviceId>(device), certificate: crypto.randomBytes(64) }
    }
    const [ada, ben, mallory] = [side(1), side(2), side(3)]
    const [toAda, toBen] = [crypto.randomBytes(64), crypto.randomBytes(64)]
    // without the guard Ben takes whatever is revealed for what was committed
    const bens = stage.guard === 'on' ? crypto : { ...crypto, isSame: () => true }
    const adasEnd = new End(crypto, toAda, ada, mallory)
    const bensEnd = new End(bens, toBen, ben, mallory)

    adasEnd.hear({ type: 'begin' })
    adasEnd.hear(said({ kind: 'answer', nonce: crypto.randomBytes(SAS_NONCE_BYTES) }))
    const wanted = adasEnd.shown(FORGED)
    if (wanted === undefined) throw new Error('Ada sees no emoji')

    const commitment = sasCommitment(crypto, toBen, crypto.randomBytes(SAS_NONCE_BYTES))
    const [answer] = bensEnd.hear(said({ kind: 'commit', commitment }))
    if (answer?.kind !== 'answer') throw new Error('Ben does not answer')
    const ground = grind(crypto, toBen, wanted, { mallory, ben, bens: answer.nonce })
    bensEnd.hear(said({ kind: 'reveal', nonce: ground }))
    stage.expect(bensEnd.shown(FORGED) !== wanted, `both screens begin with ${wanted}`)
    stage.expectGuarded(bensEnd.hasPut('violated'), 'nobody is told that the commitment was not kept')

    // one try: neither end begins anew on this link, whoever asks
    const again = bensEnd.hear(said({ kind: 'commit', commitment }))
    stage.expectGuarded(again.length === 0, 'Ben answers a second commitment on the same link')
    bensEnd.hear({ type: 'compared', same: true })
    stage.expectGuarded(!bensEnd.hasPut('verified'), 'Ben verified Mallory')
    adasEnd.hear({ type: 'compared', same: false })
    adasEnd.hear({ type: 'begin' })
    adasEnd.hear({ type: 'compared', same: true })
    stage.expectGuarded(!adasEnd.hasPut('verified'), 'Ada verified Mallory after a mismatch')
  },
}

function said(message: VerificationMessage): VerificationInput {
  return { type: 'received', message }
}

interface Grinding {
  readonly mallory: VerificationSide
  readonly ben: VerificationSide
  /** Ben's nonce, which he would not know beforehand if his commitment were kept. */
  readonly bens: Uint8Array
}

/** The nonce of his that brings the wanted pictures onto Ben's screen. @throws when it takes more than TRIES */
function grind(
  crypto: Crypto,
  hash: Uint8Array,
  wanted: string,
  { mallory, ben, bens }: Grinding,
): Uint8Array {
  const numbers = wanted.split(' ').map((name) => EMOJI.findIndex((one) => one.name === name))
  const nonce = crypto.randomBytes(SAS_NONCE_BYTES)
  const counter = new DataView(nonce.buffer, nonce.byteOffset)
  for (let tries = 0; tries < TRIES; tries++) {
    counter.setUint32(0, tries)
    const committer = { nonce, certificate: mallory.certificate }
    const answerer = { nonce: bens, certificate: ben.certificate }
    const shown = sasOf(crypto, hash, { committer, answerer })
    if (numbers.every((number, at) => shown[at] === number)) return nonce
  }
  throw new Error(`${TRIES} tries brought nothing`)
}

export const EMOJI_ATTACKS: readonly Attack[] = [grinding]
