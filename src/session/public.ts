/**
 * The shapes people code against. Types only: what a session shows of itself and takes
 * from its caller. `session.ts` implements them; the entry files hand them out.
 */
import type { Awareness } from 'y-protocols/awareness'
import type { Doc } from 'yjs'
import type { DeviceId, InstanceId, InviteId, SessionId } from '../base/ids.ts'
import type { Millis } from '../base/ports.ts'
import type { LocalId } from '../storage/port.ts'
import type { Violation } from '../wire/violation.ts'
import type { Version, Versions } from './version.ts'

export type Role = 'owner' | 'editor' | 'viewer'

/** What a root of the shared document is. Others than the declared ones are refused from everybody. */
export type RootKind = 'text' | 'map' | 'array'
export type Roots = Readonly<Record<string, RootKind>>

export type Phase = 'draft' | 'waiting' | 'connecting' | 'syncing' | 'synced' | 'offline' | 'ended'

/** Computed from acknowledgements, never from sockets. */
export interface SessionStatus {
  readonly phase: Phase
  /** Own entries that no other device holds yet. */
  readonly unshared: number
  /** When the oldest of them was made, ms since 1970. */
  readonly oldestUnsharedAt: Millis | undefined
  /** When the last change known to be on this device's disk was written; undefined: nothing is stored (yet). */
  readonly savedAt: Millis | undefined
  /** Own changes not yet on this device's disk. */
  readonly unsaved: number
  /** People (devices, not tabs) here right now, oneself not counted: linked, or heard of through somebody who is.
   *  A link counts once its other side has said what it holds. */
  readonly peers: number
  /** While 'connecting': the name of whom, when known. */
  readonly connectingTo: string | undefined
  /** While 'syncing': bytes still to come or to go. */
  readonly bytesLeft: number
  /** What stands in the way right now, for a page to put into words; undefined when nothing does. */
  readonly problem: SessionProblem | undefined
}

export type SessionProblem =
  | { readonly kind: 'signaling-unreachable'; readonly host: string }
  | { readonly kind: 'no-route'; readonly name: string | undefined }
  | { readonly kind: 'webrtc-blocked' }
  | { readonly kind: 'protocol-mismatch'; readonly name: string | undefined }
  | { readonly kind: 'storage-full' }
  | { readonly kind: 'too-large' }
  /** Somebody is here under the name of a verified person, from another device that was not compared with. */
  | { readonly kind: 'namesake'; readonly name: string; readonly device: DeviceId }
  /** That person's device wrote two different histories. `mayDecide`: this device may end it for good, by `restart`. */
  | { readonly kind: 'fork'; readonly name: string; readonly mayDecide: boolean }
  /** That person's copy and ours go back to different histories of somebody's device, and what would tell which one counts is
   *  gone here or there. The texts differ. `mayDecide`: this device may end it for good, by `restart`. */
  | { readonly kind: 'diverged'; readonly name: string; readonly mayDecide: boolean }
  /** The owner's device signed two lists of members: nobody is let in or removed until the owner decides.
   *  `mayDecide`: this device may, by `heal`. Editing goes on. */
  | { readonly kind: 'roster-fork'; readonly name: string; readonly mayDecide: boolean }
  /** The owner removed this device. What is here is what it was then. */
  | { readonly kind: 'removed'; readonly by: string }
  /** The owner changed the keys before it had heard of this device, which is let in again by whoever let it in. */
  | { readonly kind: 'left-out'; readonly admitter: string | undefined }
  /** The owner (undefined: this device) ended the session for everybody. What is written now stays on this device. */
  | { readonly kind: 'over'; readonly by: string | undefined }
  | { readonly kind: 'not-stored' } // no secure context or storage refused: the text is in memory only

/** A device that belongs to the session, here or away. */
export interface Member {
  readonly device: DeviceId
  readonly name: string
  /** Index into the palette (src/editor/palette.ts), 0 to 11. */
  readonly color: number
  readonly role: Role
  readonly isMe: boolean
  /** Any instance of it is linked or seen right now. */
  readonly here: boolean
  /** A viewer who is here and asks to be allowed to edit. */
  readonly asksToEdit: boolean
  /** Emoji were compared with this device, on this one. */
  readonly verified: boolean
}

/** Somebody who was ever let in, and may hold what could be read by then. */
export interface Copy {
  readonly device: DeviceId
  readonly name: string
  readonly color: number
  /** undefined: a member no more. */
  readonly role: Role | undefined
  readonly isMe: boolean
  readonly here: boolean
  /** By this device, ms since 1970; undefined: never. */
  readonly lastSeenAt: Millis | undefined
}

/** Another running instance (one tab, one process) that we see. */
export interface Peer {
  readonly instance: InstanceId
  readonly device: DeviceId
  readonly name: string
  readonly color: number
  readonly role: Role
  /** Median of the last ten, ms. */
  readonly rtt: Millis | undefined
  readonly path: 'direct' | 'relay' | 'unknown'
  readonly verified: boolean
}

/** One selected range in the text root `root`; positions as doc/cursor.ts encodes them, base64url. `head` moves. */
export interface PresenceRange {
  readonly anchor: string
  readonly head: string
}

/** A state of `session.awareness`. `user` is filled in by the session from authenticated names, for everybody. */
export interface PresenceState {
  readonly user: {
    readonly name: string
    readonly color: number
    readonly role: Role
    readonly device: DeviceId
  }
  readonly cursor?: { readonly root: string; readonly ranges: readonly PresenceRange[] }
  /** No key or pointer for 30 s, or a hidden tab. */
  readonly idle?: boolean
  /** A hidden tab. */
  readonly away?: boolean
}

export interface Invite {
  readonly id: InviteId
  /** https://host/#...: the secret never reaches a server. */
  readonly url: string
  readonly role: 'editor' | 'viewer'
  readonly uses: number
  readonly expiresAt: Millis
  /** Somebody who may let in is asked first about everybody who comes by it. */
  readonly lobby: boolean
  /**
   * A code to read aloud that stands for this link: one try, five minutes. A new one at every call; the one before is no
   * longer valid then. What became of it comes as the event `code`. @throws SignalingUnreachable, NoMoreCodes, SessionEnded
   */
  spoken(): Promise<SpokenCode>
  /**
   * Pairing with no server at all: a text to carry to the other person by hand, or to scan. One answer, 15 minutes; a new
   * one at every call, the one before is closed then. @throws NotAllowed, WebRtcBlocked, SessionEnded
   */
  carried(): Promise<HandOffer>
}

/** Open until it is answered, closed, or 15 minutes old. */
export interface HandOffer {
  /** At most 600 characters, fit for a QR code. */
  readonly text: string
  readonly madeAt: Millis
  readonly expiresAt: Millis
  /** The text that came back. Resolves when the other side is at the door. @throws CarriedTextRefused (the offer stays
   *  open), NoRoute */
  accept(answer: string): Promise<void>
  close(): void
}

/** What an offer that was carried here gives. */
export interface HandAnswer {
  /** At most 600 characters: to carry back. */
  readonly text: string
  /** When the offer was made, by the other side's clock. */
  readonly offeredAt: Millis
  /** The card, once the other side has taken the answer. @throws NoRoute, NobodyThere, InviteUsed, … */
  readonly card: Promise<Invitation>
  /** Call it when the answer is on its way back: some browsers give up on a connection they begin too early. */
  handedBack(): void
  close(): void
}

/** `7-walrus-lantern`: whoever types it within five minutes, and without a slip, gets the link. */
export interface SpokenCode {
  readonly code: string
  readonly expiresAt: Millis
}

/** How a code ended. 'wrong': somebody tried it with other words; it lets nobody in any more. */
export interface CodeOutcome {
  readonly invite: InviteId
  readonly code: string
  readonly outcome: 'used' | 'wrong' | 'expired' | 'broken-off'
}

export interface InviteOptions {
  readonly role: 'editor' | 'viewer'
  /** How many devices may join with it. Default 1 for editor, 1,000 for viewer. */
  readonly uses?: number
  /** Milliseconds. Default 24 h for editor, 30 days for viewer. */
  readonly expiresIn?: Millis
  /** Whoever lets in is asked first, and sees the name. Default false. */
  readonly lobby?: boolean
}

/** What became of an invite. */
export interface InviteUse extends Pick<Invite, 'id' | 'role' | 'uses' | 'lobby' | 'expiresAt'> {
  readonly state: 'open' | 'used-up' | 'expired' | 'revoked'
  /** Everybody who came by it, members or not any more. */
  readonly usedBy: readonly { readonly device: DeviceId; readonly name: string }[]
}

/** Somebody at the door, by an invite with a lobby. The name is their own word. */
export interface WaitingGuest {
  readonly id: string
  readonly name: string
  readonly role: 'editor' | 'viewer'
  readonly since: Millis
  letIn(): void
  turnAway(): void
}

export interface SessionEvents {
  [name: string]: unknown
  readonly status: SessionStatus
  readonly peers: readonly Peer[]
  readonly members: readonly Member[]
  /** Somebody came for the first time or again, or went (said goodbye, or was lost). One per person, not per tab. */
  readonly arrived: { readonly member: Member; readonly first: boolean }
  readonly left: { readonly member: Member; readonly why: 'goodbye' | 'lost' }
  readonly title: string
  /** Who waits to be let in is another. */
  readonly lobby: readonly WaitingGuest[]
  /** More people came by an invite than it was for: two who did not hear of each other let one in each. Told to the owner. */
  readonly overused: InviteUse
  /** A spoken code of one of the own invites ended. */
  readonly code: CodeOutcome
  /** The list of versions changed. `rescued`: text that counts no more was just kept as one. */
  readonly versions: { readonly rescued: Version | undefined }
  /** The document was rebuilt and replaced: bind again to `session.doc`. `collaboration()` does so by itself. */
  readonly document: Doc
  /** Somebody else began to compare: their emoji are to be shown here too. */
  readonly comparing: Comparison
  /** `differs`: one of the two said so, and nothing on this connection is compared again. */
  readonly compared: { readonly member: Member; readonly outcome: 'matches' | 'differs' | 'broken-off' }
  readonly violation: Violation & { readonly name: string | undefined }
  readonly ended: { readonly reason: 'left' | 'forgotten' | 'removed' | 'storage-lost' }
}

/** Seven emoji that both screens show when, and only when, nobody stands between them. */
export interface Comparison {
  readonly member: Member
  readonly emoji: readonly { readonly picture: string; readonly name: string }[]
  /** Whether the other person, asked aloud, sees the same. The first answer counts. */
  answer(same: boolean): void
}

export interface Session {
  readonly id: SessionId
  readonly localId: LocalId
  readonly doc: Doc
  /** y-protocols Awareness, fed only with authenticated states (`PresenceState`). Set `cursor` and `idle` in the local state. */
  readonly awareness: Awareness
  readonly roots: Roots
  readonly title: string
  /** Editors and owner; a viewer's call throws `NotAllowed`. */
  setTitle(title: string): void
  readonly me: Member
  /** Changes the own name and, if given, colour; told to everybody. */
  setProfile(profile: { readonly name?: string; readonly color?: number }): void
  readonly members: readonly Member[]
  readonly peers: readonly Peer[]
  /** Everybody who was ever let in: who may hold a copy. */
  readonly copies: readonly Copy[]
  readonly status: SessionStatus
  /** May this device change the text right now (owner or editor)? */
  readonly canEdit: boolean
  /** The inviter's device, for a session one has joined. */
  readonly inviter: DeviceId | undefined
  on<Name extends keyof SessionEvents & string>(
    name: Name,
    listener: (event: SessionEvents[Name]) => void,
  ): () => void
  /** Made locally, at once; a draft goes live. Owner only: others get `NotAllowed`. */
  invite(options: InviteOptions): Promise<Invite>
  /** Open invites this device made and knows. */
  readonly invites: readonly Invite[]
  /** Every invite of the session, the newest first, and who came by it. Empty for all but the owner. */
  readonly inviteUses: readonly InviteUse[]
  /** Who waits at the door until this device lets them in or turns them away. */
  readonly lobby: readonly WaitingGuest[]
  revoke(invite: InviteId): Promise<void>
  /** Every link made so far lets nobody in any more. Owner only. */
  resetLinks(): Promise<void>
  /** From now on the device gets nothing and nothing of it counts; it keeps what it has read. Owner only. */
  remove(device: DeviceId): Promise<void>
  /** Owner only. What an editor wrote that nobody has seen yet stays on its device when it becomes a viewer. */
  setRole(device: DeviceId, role: 'editor' | 'viewer'): Promise<void>
  /** Raises a hand that everybody sees, or takes it down. It goes down by itself when the owner lets this device edit.
   *  @throws NotAllowed unless this device may only view */
  askToEdit(asks: boolean): void
  /** From now on that member owns the session, and this device may edit. Only they can give it back. Owner only. */
  transfer(device: DeviceId): Promise<void>
  /**
   * The session begins anew from the text as it is on this device. Every history of before ends there for everybody, so
   * that none which contradicts another, or was written apart and did not come here yet, counts any more; each device
   * keeps a version of what it had, and whoever typed something of that is asked nothing: their own device enters it
   * again, unless they may not write any more. What was written before takes less room from then on. Owner only.
   * @throws NotAllowed
   */
  restart(): Promise<void>
  /** Nobody is connected or let in any more; every copy stays, and who could edit goes on alone. For good. Owner only. */
  endForEveryone(): Promise<void>
  /** While paused nobody but the owner writes. Owner only. */
  pause(paused: boolean): Promise<void>
  readonly isPaused: boolean
  /** Ends the problem `roster-fork`: the list of members as this device has it is the one that counts. Owner only. */
  heal(): Promise<void>
  /** The texts as they were at some moments, kept on this device. */
  readonly versions: Versions
  /** The owner's key as 26 words to write down: whoever has them can take the session over. Owner only. Kept nowhere. */
  recoveryPhrase(): string
  /** Makes this device the owner with a phrase that the owner wrote down. Signs nothing before it has compared with another
   *  member. @throws PhraseMalformed, PhraseMismatch, NotCompared, SessionEnded */
  takeOver(phrase: string): Promise<void>
  /**
   * Compares with somebody who is directly connected; resolves when both screens have their emoji. Who was found to match
   * is marked as `verified` on this device from then on. @throws NotLinked, ComparisonOver, SessionEnded
   */
  verify(device: DeviceId): Promise<Comparison>
  /** Equal to some connected peer once; rejects with `SessionEnded` on leave. */
  readonly whenSynced: Promise<void>
  /** All own changes so far are on this device's disk. Rejects with `StorageFull`. */
  saved(): Promise<void>
  /** Tries signaling again at once. */
  retry(): void
  /** Idempotent; keeps the local copy. */
  leave(): Promise<void>
  /** Leave and erase the local copy and its keys. */
  forget(): Promise<void>
}

/** What every way into a session takes. */
export interface SessionOptions {
  /** ws: or wss: address of the signaling server. Default in the browser: the page's own origin + /signal. */
  readonly signaling?: string
  /** Where invite links point to. Default in the browser: the page's own origin. */
  readonly origin?: string
  readonly doc?: Doc
  /** Hides the own address from the others: everything goes through the server's TURN relay, or not at all. */
  readonly relayOnly?: boolean
}

export interface CreateOptions extends SessionOptions {
  readonly name: string
  readonly title?: string
  /** Default `{ main: 'text' }`. */
  readonly roots?: Roots
}

export interface JoinOptions extends SessionOptions {
  readonly name: string
}

/** What a link opens before anybody has joined: who invites, to what, as what. */
export interface Invitation {
  readonly inviter: string
  readonly title: string
  readonly role: 'editor' | 'viewer'
  /** The inviter is asked first: `join` then waits for their answer, up to 15 minutes. */
  readonly lobby: boolean
  /** Sends the join proof: resolves when admitted and the text is there. */
  join(options: { readonly name: string }): Promise<Session>
  /** Closes the knock; nothing was sent but the handshake. */
  decline(): void
}

/** A row of "Recent sessions". */
export interface RecentSession {
  readonly localId: LocalId
  readonly title: string | undefined
  readonly role: Role | undefined
  readonly shared: boolean
  readonly openedAt: Millis | undefined
  /** Its key is gone: it can only be erased or joined again. */
  readonly unreadable: boolean
}
