/**
 * The owner's key on paper: shown as words when asked for, and brought back on another device of the session, which
 * then owns it with a key of its own. Not here: how the words spell a key (wire/recovery-phrase.ts), the records
 * (governing.ts).
 * Law: a key that comes back signs nothing before this device has compared with another member.
 */
import { equalBytes } from '../base/bytes.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { decodePhrase, encodePhrase, isPhraseProblem } from '../wire/recovery-phrase.ts'
import { NotAllowed, NotCompared, PhraseMalformed, PhraseMismatch } from './errors.ts'
import type { Governing } from './governing.ts'
import type { Keyring } from './keyring.ts'
import type { Mesh } from './mesh.ts'
import type { Replica } from './replica.ts'
import type { Signing } from './signing.ts'

export interface RecoveringParts {
  readonly crypto: Crypto
  readonly keyring: Keyring
  readonly replica: Replica
  readonly mesh: Mesh
  readonly signing: Signing
  readonly governing: Governing
}

export class Recovering {
  readonly #parts: RecoveringParts

  constructor(parts: RecoveringParts) {
    this.#parts = parts
  }

  /** @throws NotAllowed */
  phrase(): string {
    const { crypto, keyring, replica, signing } = this.#parts
    signing.requireOwner()
    const seed = keyring.penSeedFor(replica.roster)
    if (seed === undefined) throw new NotAllowed('Only the owner of this session can do that.')
    return encodePhrase(crypto, seed)
  }

  /** Does nothing on the device that owns the session. @throws PhraseMalformed, PhraseMismatch, NotCompared */
  async takeOver(phrase: string): Promise<void> {
    const { crypto, keyring, replica, governing } = this.#parts
    const seed = decodePhrase(crypto, phrase)
    if (isPhraseProblem(seed)) throw new PhraseMalformed(seed)
    const pen = crypto.signKeys(seed.reveal())
    const { rootPk, hasEnded, owner } = replica.roster
    if (rootPk === undefined || hasEnded || !equalBytes(rootPk, pen.publicKey)) throw new PhraseMismatch()
    if (owner === keyring.device) return
    if (!this.#hasCompared()) throw new NotCompared()
    await governing.takeOver(pen)
  }

  /** Another device's link on which nothing is left to be told, records included. */
  #hasCompared(): boolean {
    const { mesh, keyring } = this.#parts
    return [...mesh.peers.values()].some((peer) => peer.device !== keyring.device && mesh.isEvenWith(peer))
  }
}
