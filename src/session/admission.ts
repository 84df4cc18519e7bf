/**
 * Letting people in: the owner signs invites, whoever may admit answers a knock, checks the proof and
 * countersigns. Nothing is believed of a newcomer but what its proofs bind to this very link.
 */
import { equalBytes } from '../base/bytes.ts'
import { type DeviceId, type InviteId, idBytes } from '../base/ids.ts'
import type { Millis } from '../base/ports.ts'
import { Secret } from '../base/secret.ts'
import type { Crypto } from '../crypto/crypto.ts'
import type { Roster } from '../protocol/roster.ts'
import {
  admit,
  deviceIdOf,
  isProven,
  type Join,
  type JoinRequest,
  PALETTE_SIZE,
} from '../wire/certificate.ts'
import { encodeInviteLink, inviteKeys, SEED_BYTES } from '../wire/invite-link.ts'
import type { RefusalReason } from '../wire/message.ts'
import { type RosterContent, type RosterRecord, signRecord } from '../wire/roster-record.ts'
import { type Violation, violation } from '../wire/violation.ts'
import type { Keyring } from './keyring.ts'
import type { HandOffer, Invite, InviteOptions, SpokenCode } from './public.ts'

const DAY_MS: Millis = 86_400_000
const DEFAULTS = {
  editor: { uses: 1, expiresIn: DAY_MS },
  viewer: { uses: 1_000, expiresIn: 30 * DAY_MS },
} as const

/** The owner's next record, not yet taken. */
export function nextRecord(
  crypto: Crypto,
  roster: Roster,
  keyring: Keyring,
  content: RosterContent,
): RosterRecord | undefined {
  const pen = keyring.penFor(roster)
  if (pen === undefined) return undefined
  return signRecord(crypto, { session: roster.session, seq: roster.seq + 1, prev: roster.head }, content, pen)
}

export interface NewInvite {
  readonly content: Extract<RosterContent, { type: 'invite' }>
  readonly seed: Secret
}

export function newInvite(crypto: Crypto, keyring: Keyring, options: InviteOptions, now: Millis): NewInvite {
  const { role } = options
  const uses = options.uses ?? DEFAULTS[role].uses
  const seed = new Secret(crypto.randomBytes(SEED_BYTES))
  const expiresAt = now + (options.expiresIn ?? DEFAULTS[role].expiresIn)
  const { invite } = inviteKeys(crypto, seed)
  return {
    seed,
    content: {
      type: 'invite',
      invite,
      role,
      expiresAt,
      uses,
      lobby: options.lobby ?? false,
      sealedSeed: keyring.sealSeed(seed),
    },
  }
}

export function inviteUrl(
  crypto: Crypto,
  origin: string,
  link: Parameters<typeof encodeInviteLink>[1],
): string {
  return `${origin}/#${encodeInviteLink(crypto, link)}`
}

/** Ways to bring an invite to somebody other than by sending its link. */
export interface OtherWays {
  spoken(invite: InviteId, url: string): Promise<SpokenCode>
  carried(invite: InviteId, url: string): Promise<HandOffer>
}

export function describeInvite(content: NewInvite['content'], url: string, ways: OtherWays): Invite {
  const { invite: id, role, uses, expiresAt, lobby } = content
  const [spoken, carried] = [() => ways.spoken(id, url), () => ways.carried(id, url)]
  return { id, url, role, uses, expiresAt, lobby, spoken, carried }
}

/** Whether an invite still lets somebody in, by the admitter's own clock. */
export function objectionToInvite(roster: Roster, invite: InviteId, now: Millis): RefusalReason | undefined {
  const record = roster.inviteAt(invite, roster.seq)
  if (record === undefined) return roster.knowsInvite(invite) ? 'revoked' : 'unknown'
  if (record.expiresAt <= now) return 'expired'
  return roster.usesOf(invite) >= record.uses ? 'used' : undefined
}

export interface Knock {
  readonly invite: InviteId
  /** As the handshake proved it. */
  readonly remoteStatic: Uint8Array
  readonly handshakeHash: Uint8Array
}

/** Why a request is refused, or what the newcomer did against the protocol; undefined: it may be countersigned. */
export function objectionToJoin(
  crypto: Crypto,
  roster: Roster,
  keyring: Keyring,
  request: JoinRequest,
  knock: Knock,
  now: Millis,
): RefusalReason | Violation | undefined {
  if (request.invite !== knock.invite)
    return violation('forged', 'a join for another invite than the link was opened with')
  if (!equalBytes(request.handshake, bindingOf(crypto, knock.handshakeHash)))
    return violation('forged', 'a join proof from another link')
  if (!equalBytes(request.certificate.dhPk, knock.remoteStatic))
    return violation('forged', 'a join for another device than the link proved')
  if (!isProven(crypto, roster.session, request))
    return violation('forged', 'a join whose proofs do not verify')
  if (roster.isForked || !roster.mayAdmit(keyring.device, roster.seq)) return 'not-allowed'
  return objectionToInvite(roster, request.invite, now)
}

/** A Join ready for the roster, or the objection. */
export function answerJoin(...given: Parameters<typeof objectionToJoin>): Join | RefusalReason | Violation {
  const [crypto, roster, keyring, request] = given
  const objection = objectionToJoin(...given)
  if (objection !== undefined) return objection
  return admit(crypto, roster.session, request, {
    device: keyring.device,
    rosterSeq: roster.seq,
    sign: keyring.sign,
  })
}

/** What a Join binds to: the hash of the handshake it was made in. */
export function bindingOf(crypto: Crypto, handshakeHash: Uint8Array): Uint8Array {
  return crypto.hash(32, handshakeHash)
}

/** What an invite's link is keyed with: the ids bind the invite and the device that answers. */
export function invitePskIds(invite: InviteId, admitter: DeviceId): Uint8Array {
  const ids = new Uint8Array(48)
  ids.set(idBytes(invite))
  ids.set(idBytes(admitter), 32)
  return ids
}

/** The colour farthest on the wheel from all that are taken; in a crowd, of those that fewest people have. */
export function freeColor(everybody: readonly number[]): number {
  const uses = (color: number): number => everybody.filter((other) => other === color).length
  const rounds = Math.min(...Array.from({ length: PALETTE_SIZE }, (_, color) => uses(color)))
  const taken = everybody.filter((color) => uses(color) > rounds)
  let best = 0
  let bestDistance = -1
  for (let color = 0; color < PALETTE_SIZE; color++) {
    const distance = Math.min(PALETTE_SIZE, ...taken.map((other) => circleDistance(color, other)))
    if (distance > bestDistance) {
      best = color
      bestDistance = distance
    }
  }
  return best
}

function circleDistance(a: number, b: number): number {
  const straight = Math.abs(a - b)
  return Math.min(straight, PALETTE_SIZE - straight)
}

export function deviceOf(crypto: Crypto, join: Join): DeviceId {
  return deviceIdOf(crypto, join.certificate)
}
