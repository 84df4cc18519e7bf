/**
 * What the owner decides about people: who may edit, who is removed, whether editing is paused, who owns the session
 * from now on, and its end. Whoever loses a
 * right also loses the keys that went with it: a new epoch for the others, and no link that they may know stays open.
 */
import { assert } from '../base/assert.ts'
import { concat, EMPTY } from '../base/bytes.ts'
import type { DeviceId } from '../base/ids.ts'
import { Secret } from '../base/secret.ts'
import type { Crypto, SignKeys } from '../crypto/crypto.ts'
import type { LogState } from '../protocol/log.ts'
import { appliedHeads } from '../protocol/rebase.ts'
import type { Roster } from '../protocol/roster.ts'
import { chainOf } from '../wire/heads.ts'
import { inviteKeys } from '../wire/invite-link.ts'
import { MAX_RESTART_HEADS } from '../wire/limits.ts'
import type { CutLine, InviteRole, RestartHead, RosterContent, Wrap } from '../wire/roster-record.ts'
import { NotAllowed } from './errors.ts'
import { commitmentOf, type Keyring } from './keyring.ts'
import type { Signing } from './signing.ts'

export interface GoverningParts {
  readonly crypto: Crypto
  readonly keyring: Keyring
  readonly roster: Roster
  readonly log: LogState
  readonly signing: Signing
  /** Lets out what was typed, so that it stands before the cut. */
  readonly flush: () => void
  /** New keys: to be stored before the record that names them is told. */
  readonly rekeyed: () => void
}

const NEVER = Number.POSITIVE_INFINITY
const NONCE_BYTES = 24
const KEY_BYTES = 32

export class Governing {
  readonly #parts: GoverningParts

  constructor(parts: GoverningParts) {
    this.#parts = parts
  }

  /** From now on the device gets nothing and nothing of it counts; it keeps what it has read. @throws NotAllowed */
  async remove(device: DeviceId): Promise<void> {
    this.#requireOther(device)
    await this.#parts.signing.sign(() => this.#removal(device))
  }

  /** @throws NotAllowed */
  async setRole(device: DeviceId, role: InviteRole): Promise<void> {
    this.#requireOther(device)
    const { roster, signing } = this.#parts
    if (roster.roleOf(device) !== role)
      await signing.sign(() => (role === 'editor' ? this.#raise(device) : this.#lower(device)))
  }

  /** While paused nobody but the owner writes. @throws NotAllowed */
  async pause(paused: boolean): Promise<void> {
    const { roster, signing } = this.#parts
    signing.requireOwner()
    if (roster.isPaused !== paused) await signing.sign(() => [{ type: 'policy', paused }])
  }

  /** Every link made so far lets nobody in any more. @throws NotAllowed */
  async resetLinks(): Promise<void> {
    await this.#parts.signing.sign(() => this.#closeDoors())
  }

  /** From now on that member owns the session; this device may edit. @throws NotAllowed */
  async transfer(device: DeviceId): Promise<void> {
    this.#requireOther(device)
    await this.#parts.signing.sign(() => this.#handOver(device))
  }

  /** With the owner's key from a phrase this device makes itself the owner, with its own key from then on. */
  async takeOver(pen: SignKeys): Promise<void> {
    const { keyring, signing } = this.#parts
    await signing.signWith(pen, () => this.#handOver(keyring.device))
  }

  /** The session begins anew from what is applied here: every writer ends there. @throws NotAllowed */
  async restart(): Promise<void> {
    await this.#parts.signing.sign(() => [{ type: 'restart', heads: this.#heads() }])
  }

  /** Nobody is let in or connected any more. @throws NotAllowed */
  async end(): Promise<void> {
    await this.#parts.signing.sign(() => this.#ending())
  }

  // Each record is made once the one before it is taken.

  *#removal(device: DeviceId): Generator<RosterContent> {
    yield { type: 'remove', device, cut: this.#cutOf(device), joins: this.#parts.roster.acceptable() }
    yield* this.#closeDoors()
    yield* this.#rekey()
  }

  *#lower(device: DeviceId): Generator<RosterContent> {
    const joins = this.#parts.roster.acceptable()
    yield { type: 'role', device, role: 'viewer', cut: this.#cutOf(device), joins }
    yield* this.#closeDoors()
    yield* this.#rekey()
  }

  *#raise(device: DeviceId): Generator<RosterContent> {
    yield { type: 'role', device, role: 'editor', cut: [], joins: this.#parts.roster.acceptable() }
    yield* this.#rekey()
    yield* this.#keepDoors()
  }

  /** The new owner signs with its device's own key, which everybody knows already: nothing has to be sent to it. */
  *#handOver(device: DeviceId): Generator<RosterContent> {
    const { roster } = this.#parts
    if (roster.roleOf(device) === 'viewer') yield* this.#raise(device)
    const rootPk = roster.certificateOf(device)?.signPk
    assert(rootPk !== undefined, 'of a member the keys are known')
    yield { type: 'transfer', device, rootPk }
  }

  *#ending(): Generator<RosterContent> {
    this.#parts.flush()
    yield* this.#closeDoors()
    yield { type: 'end' }
  }

  #requireOther(device: DeviceId): void {
    const { roster, signing } = this.#parts
    signing.requireOwner()
    if (device === roster.owner) throw new NotAllowed('The owner of a session can only hand it over.')
    if (roster.roleOf(device) === undefined)
      throw new NotAllowed('That person is not in this session any more.')
  }

  /** What is applied here of each of its writers. */
  #cutOf(device: DeviceId): CutLine[] {
    this.#parts.flush()
    const heads = appliedHeads(this.#parts.log).filter((head) => head.device === device)
    return heads.map(({ writer, seq, id }) => ({ writer, seq, id }))
  }

  /** What is applied here of every writer that no Restart has ended yet. */
  #heads(): RestartHead[] {
    const { flush, log } = this.#parts
    flush()
    const heads = appliedHeads(log).filter((head) => log.chains.get(chainOf(head))?.closedAt === NEVER)
    if (heads.length > MAX_RESTART_HEADS)
      throw new NotAllowed('This session has too many writers to begin anew. Start a new one with its text.')
    return heads.map(({ device, writer, seq, id }) => ({ device, writer, seq, id }))
  }

  *#closeDoors(): Generator<RosterContent> {
    const { roster } = this.#parts
    for (const { invite } of roster.openInvites())
      yield { type: 'revoke', invite, joins: roster.acceptable() }
  }

  /** Open links stay open under the new admitter key, so that editors still let people in when the owner is away. */
  *#keepDoors(): Generator<RosterContent> {
    const { crypto, keyring, roster } = this.#parts
    const seeds = new Map(keyring.stored.invites.map(({ seed }) => [inviteKeys(crypto, seed).invite, seed]))
    for (const invite of roster.openInvites()) {
      const seed = seeds.get(invite.invite)
      if (seed !== undefined) yield { ...invite, sealedSeed: keyring.sealSeed(seed) }
    }
  }

  /** New keys; the ones before, where the record that names them could not be stored. */
  *#rekey(): Generator<RosterContent> {
    const { keyring, rekeyed } = this.#parts
    const { epochKeys, admitterKey } = keyring.stored
    let outcome: 'given up' | 'signed' = 'given up'
    try {
      yield this.#newEpoch()
      outcome = 'signed'
    } finally {
      if (outcome === 'given up') {
        keyring.update({ epochKeys, admitterKey })
        rekeyed()
      }
    }
  }

  /** A new key for everybody who stays, and a new one for those who may admit. */
  #newEpoch(): RosterContent {
    const { crypto, keyring, roster, rekeyed } = this.#parts
    keyring.learn(roster) // another tab may have made the last one
    const [key, admitterKey] = [crypto.randomBytes(KEY_BYTES), crypto.randomBytes(KEY_BYTES)]
    const epoch = (roster.epochAt(roster.seq) ?? -1) + 1
    // a key whose record never came about, because the power went, is none
    const before = keyring.stored.epochKeys.slice(0, epoch)
    const nonce = crypto.randomBytes(NONCE_BYTES)
    const previous = before.at(-1)?.reveal() ?? EMPTY
    const previousSealed = concat(nonce, crypto.seal(key, nonce, EMPTY, previous))
    const members = roster.devices()
    const admitters = members.filter((device) => roster.mayAdmit(device, roster.seq))
    keyring.update({ epochKeys: [...before, new Secret(key)], admitterKey: new Secret(admitterKey) })
    rekeyed()
    return {
      ...{
        type: 'epoch',
        epoch,
        commitment: commitmentOf(crypto, roster.session, epoch, key),
        previousSealed,
      },
      ...{ wraps: this.#wrap(members, key), admitterWraps: this.#wrap(admitters, admitterKey) },
      joins: roster.acceptable(),
    }
  }

  #wrap(devices: readonly DeviceId[], key: Uint8Array): Wrap[] {
    const { crypto, roster } = this.#parts
    return devices.flatMap((device) => {
      const dhPk = roster.certificateOf(device)?.dhPk
      return dhPk === undefined ? [] : [{ device, sealedKey: crypto.sealTo(dhPk, key) }]
    })
  }
}
