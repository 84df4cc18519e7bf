/**
 * The secrets of one device in one session, and what they allow. Knows no log and no link; changes are
 * stored by whoever makes them.
 */
import { assert } from '../base/assert.ts'
import { concat, EMPTY, equalBytes, toUtf8 } from '../base/bytes.ts'
import { type DeviceId, idBytes, type SessionId } from '../base/ids.ts'
import { Secret } from '../base/secret.ts'
import type { Crypto, DhKeys, SignKeys } from '../crypto/crypto.ts'
import type { Roster } from '../protocol/roster.ts'
import { deviceIdOf } from '../wire/certificate.ts'
import { entryKeyOf } from '../wire/entry.ts'
import { type InviteKeys, inviteKeys } from '../wire/invite-link.ts'
import type { Wrap } from '../wire/roster-record.ts'
import type { StoredSecrets } from './stored.ts'

const SEED_NONCE_BYTES = 24

export class Keyring {
  readonly session: SessionId
  readonly device: DeviceId
  readonly sign: SignKeys
  readonly dh: DhKeys
  readonly root: SignKeys | undefined
  readonly #crypto: Crypto
  readonly #entryKeys: Uint8Array[] = []
  #secrets: StoredSecrets

  constructor(crypto: Crypto, secrets: StoredSecrets) {
    this.#crypto = crypto
    this.#secrets = secrets
    this.session = secrets.session
    this.sign = crypto.signKeys(secrets.signSeed.reveal())
    this.dh = crypto.dhKeys(secrets.dhSeed.reveal())
    this.root = secrets.rootSeed && crypto.signKeys(secrets.rootSeed.reveal())
    this.device = deviceIdOf(crypto, { signPk: this.sign.publicKey, dhPk: this.dh.publicKey })
  }

  get stored(): StoredSecrets {
    return this.#secrets
  }

  /** What signs the roster's next record, where this device holds it: the founder's key, or after a transfer the device's own. */
  penFor({ rootPk }: Roster): SignKeys | undefined {
    return [this.root, this.sign].find((keys) => keys && rootPk && equalBytes(keys.publicKey, rootPk))
  }

  /** The seed of that key. */
  penSeedFor(roster: Roster): Secret | undefined {
    const pen = this.penFor(roster)
    return pen && (pen === this.root ? this.#secrets.rootSeed : this.#secrets.signSeed)
  }

  /** Replaces what may change; keys never do. */
  update(
    change: Partial<
      Pick<StoredSecrets, 'epochKeys' | 'admitterKey' | 'invites' | 'name' | 'color' | 'shared' | 'inviter'>
    >,
  ): void {
    this.#secrets = { ...this.#secrets, ...change }
  }

  canWrite(roster: Roster): boolean {
    return roster.mayWrite(this.device, roster.seq) && !this.isBehind(roster)
  }

  /** The key of the epoch in force is not here (yet): it was not wrapped for this device. */
  isBehind(roster: Roster): boolean {
    return this.#secrets.epochKeys.length <= (roster.epochAt(roster.seq) ?? -1)
  }

  /** Takes the keys of new epochs, each wrapped for this device. 'wrong': one is not what the roster commits to. */
  learn(roster: Roster): 'new' | 'nothing-new' | 'wrong' {
    let learned: 'new' | 'nothing-new' = 'nothing-new'
    for (;;) {
      const { epochKeys } = this.#secrets
      const record = roster.epochRecord(epochKeys.length)
      const key = record && this.#unwrap(record.wraps)
      if (record === undefined || key === undefined) return learned
      const commitment = commitmentOf(this.#crypto, this.session, epochKeys.length, key)
      if (!equalBytes(commitment, record.commitment)) return 'wrong'
      const admitterKey = this.#unwrap(record.admitterWraps)
      this.update({
        epochKeys: [...epochKeys, new Secret(key)],
        admitterKey: admitterKey && new Secret(admitterKey),
      })
      learned = 'new'
    }
  }

  #unwrap(wraps: readonly Wrap[]): Uint8Array | undefined {
    const wrap = wraps.find(({ device }) => device === this.device)
    const key = wrap && this.#crypto.openFrom(this.dh, wrap.sealedKey)
    return key?.length === 32 ? key : undefined
  }

  /** The key entries at this rosterSeq are sealed under. */
  entryKeyAt(roster: Roster, rosterSeq: number): Uint8Array | undefined {
    const epoch = roster.epochAt(rosterSeq)
    const key = epoch === undefined ? undefined : this.#secrets.epochKeys[epoch]
    if (epoch === undefined || key === undefined) return undefined
    this.#entryKeys[epoch] ??= entryKeyOf(this.#crypto, key.reveal())
    return this.#entryKeys[epoch]
  }

  /** The newest epoch's key: topics are derived from it. */
  get epochKey(): Secret {
    const key = this.#secrets.epochKeys.at(-1)
    assert(key !== undefined, 'a member holds an epoch key')
    return key
  }

  /** Keys of the newest epochs, at most `most`, the newest first. */
  epochKeysToMeetUnder(most: number): readonly [Secret, ...Secret[]] {
    const [newest, ...older] = this.#secrets.epochKeys.slice(-most).reverse()
    assert(newest !== undefined, 'a member holds an epoch key')
    return [newest, ...older]
  }

  /** Secrets of at most `most` invites this device listens for: its own, and as an editor those the owner sealed for
   *  editors. Those that are closed fill what the open ones leave: who knocks with one is told why it is refused. */
  invitesToAnswer(roster: Roster, now: number, most: number): readonly InviteKeys[] {
    const open = new Set(
      roster
        .openInvites()
        .filter(({ invite, expiresAt, uses }) => expiresAt > now && roster.usesOf(invite) < uses),
    )
    const made = roster.records.flatMap(({ content }) => (content.type === 'invite' ? [content] : []))
    const inOrder = [
      ...made.filter((invite) => !open.has(invite)),
      ...made.filter((invite) => open.has(invite)),
    ]
    const own = new Map(
      this.#secrets.invites.map(({ seed }) => {
        const keys = inviteKeys(this.#crypto, seed)
        return [keys.invite, keys]
      }),
    )
    return inOrder.slice(-most).flatMap(({ invite, sealedSeed }) => {
      const seed = own.has(invite) ? undefined : this.openSeed(sealedSeed)
      return own.get(invite) ?? (seed === undefined ? [] : [inviteKeys(this.#crypto, seed)])
    })
  }

  sealSeed(seed: Secret): Uint8Array {
    const key = this.#secrets.admitterKey
    assert(key !== undefined, 'who makes invites holds the admitter key')
    const nonce = this.#crypto.randomBytes(SEED_NONCE_BYTES)
    return concat(nonce, this.#crypto.seal(key.reveal(), nonce, EMPTY, seed.reveal()))
  }

  /** undefined without the admitter key, or when it was sealed under another one. */
  openSeed(sealed: Uint8Array): Secret | undefined {
    const key = this.#secrets.admitterKey
    if (key === undefined) return undefined
    const seed = this.#crypto.open(
      key.reveal(),
      sealed.subarray(0, SEED_NONCE_BYTES),
      EMPTY,
      sealed.subarray(SEED_NONCE_BYTES),
    )
    return seed && new Secret(seed)
  }
}

/** What the roster publishes of an epoch key, so that nobody can be handed another one. */
export function commitmentOf(crypto: Crypto, session: SessionId, epoch: number, key: Uint8Array): Uint8Array {
  const number = Uint8Array.of(epoch >>> 24, epoch >>> 16, epoch >>> 8, epoch)
  return crypto.hash(32, toUtf8('epoch'), idBytes(session), number, key)
}

/** Every key fits its commitment in the roster, and none is missing. */
export function areCommitted(crypto: Crypto, roster: Roster, keys: readonly Uint8Array[]): boolean {
  const newest = roster.epochAt(roster.seq)
  if (newest === undefined || keys.length !== newest + 1) return false
  return keys.every((key, epoch) => {
    const record = roster.epochRecord(epoch)
    return (
      record !== undefined && equalBytes(record.commitment, commitmentOf(crypto, roster.session, epoch, key))
    )
  })
}
