/**
 * Newcomers at the door: links opened with an invite's psk, until they are admitted, refused or gone. What
 * they get before their proof is the roster (so that they can check who invites them) and the card's text.
 */
import { EMPTY } from '../base/bytes.ts'
import type { DeviceId, InstanceId, SessionId } from '../base/ids.ts'
import type { Roster } from '../protocol/roster.ts'
import type { Channel } from '../transport/port.ts'
import type { Join, JoinRequest } from '../wire/certificate.ts'
import type { Hello } from '../wire/introduction.ts'
import type { InviteKeys } from '../wire/invite-link.ts'
import { MAX_HANDSHAKES } from '../wire/limits.ts'
import type { Message, RefusalReason } from '../wire/message.ts'
import { isViolation, type Violation, violation } from '../wire/violation.ts'
import { deviceOf, type Knock, objectionToInvite, objectionToJoin } from './admission.ts'
import type { Environment } from './environment.ts'
import type { Keyring } from './keyring.ts'
import { Lobby, type LobbyAnswer } from './lobby.ts'
import { type LinkProof, PeerLink } from './peer-link.ts'
import { cutName } from './people.ts'
import type { Porch } from './porch.ts'
import type { WaitingGuest } from './public.ts'

export interface GuestBookParts {
  readonly session: SessionId
  readonly me: InstanceId
  readonly keyring: Keyring
  readonly roster: Roster
  readonly porch: Porch
  readonly invitation: () => { readonly inviter: string; readonly title: string }
  readonly admit: (request: JoinRequest, knock: Knock) => Join | RefusalReason | Violation
  /** Who waits in the lobby is another. */
  readonly waiting: () => void
  readonly admitted: (link: PeerLink, device: DeviceId) => void
  readonly violated: (violation: Violation) => void
}

export interface Knocking {
  readonly channel: Channel
  readonly hello: Pick<Hello, 'instance'>
  readonly initiator: boolean
  readonly keys: InviteKeys
  readonly pskIds: Uint8Array
  /** Where the link was made without a server: it is keyed by the offer. */
  readonly carried?: { readonly ids: Uint8Array; readonly key: Uint8Array } | undefined
}

/** Guests at the door at once, admitted ones not counted: more than a classroom. */
const MAX_GUESTS = 8 * MAX_HANDSHAKES

export class GuestBook {
  readonly #environment: Environment
  readonly #parts: GuestBookParts
  readonly #guests = new Set<PeerLink>()
  readonly #lobby: Lobby
  /** Of those who wait there: what to call when they go. */
  readonly #waiting = new Map<PeerLink, () => void>()

  constructor(environment: Environment, parts: GuestBookParts) {
    this.#environment = environment
    this.#parts = parts
    this.#lobby = new Lobby({ clock: environment.clock, changed: parts.waiting })
  }

  /** Who waits to be let in by a person. */
  get waiting(): readonly WaitingGuest[] {
    return this.#lobby.guests
  }

  knock(knocking: Knocking): void {
    const { channel } = knocking
    this.#parts.porch.enter({ channel, begin: () => this.#open(knocking), turnedAway: () => undefined })
  }

  #open({ channel, hello, initiator, keys, pskIds, carried }: Knocking): PeerLink {
    const { crypto, clock } = this.#environment
    const { porch } = this.#parts
    let proof: LinkProof | undefined
    const link: PeerLink = new PeerLink({
      ...{ crypto, clock, channel, initiator },
      session: this.#parts.session,
      psk: carried ? { kind: 'carried', ...carried } : { kind: 'invite', ids: pskIds, key: keys.psk },
      me: this.#parts.me,
      remote: hello.instance,
      staticKeys: this.#parts.keyring.dh,
      payload: EMPTY,
      listener: {
        proven: (given) => {
          proof = given
          porch.leave(link)
          this.#greet(link, keys)
        },
        message: (message) => {
          if (proof !== undefined) this.#message(link, message, { invite: keys.invite, ...proof })
        },
        entries: () => link.close(violation('unexpected', 'entries from somebody who has not joined')),
        hungry: () => undefined,
        alive: () => undefined,
        closed: (because) => {
          porch.leave(link)
          this.#guests.delete(link)
          this.#stopsWaiting(link)
          if (because !== undefined && isViolation(because)) this.#parts.violated(because)
        },
      },
    })
    if (link.open) this.#enter(link)
    return link
  }

  /** Whoever has waited longest gives way, so that a crowd that never joins keeps nobody out; who proved the invite and
   *  waits for a person's answer only after all others. */
  #enter(link: PeerLink): void {
    this.#guests.add(link)
    const longest = [...this.#guests].find((guest) => !this.#waiting.has(guest)) ?? link
    if (this.#guests.size > MAX_GUESTS) longest.close()
  }

  close(): void {
    this.#lobby.stop()
    for (const guest of [...this.#guests]) guest.close()
  }

  #greet(link: PeerLink, keys: InviteKeys): void {
    const { roster, keyring } = this.#parts
    const { records, joins } = roster.encoded()
    link.send({ type: 'roster', records, joins })
    const objection = objectionToInvite(roster, keys.invite, this.#environment.clock.now())
    const role = roster.inviteAt(keys.invite, roster.seq)?.role
    if (objection !== undefined || role === undefined) return this.#refuse(link, objection ?? 'unknown')
    if (!roster.mayAdmit(keyring.device, roster.seq)) return this.#refuse(link, 'not-allowed')
    link.send({ type: 'invitation', ...this.#parts.invitation(), role })
  }

  /** Names whom to ask for another link: only the owner makes them. */
  #refuse(link: PeerLink, reason: RefusalReason): void {
    const { roster, keyring, invitation } = this.#parts
    const isOwner = roster.roleOf(keyring.device) === 'owner'
    const owner = roster.certificateOf(roster.owner)?.name ?? ''
    const admitter = isOwner ? invitation().inviter : owner
    link.send({ type: 'refusal', reason, admitter })
  }

  #message(link: PeerLink, message: Exclude<Message, { type: 'entries' }>, knock: Knock): void {
    if (message.type !== 'join')
      return link.close(
        violation('unexpected', `a message (${message.type}) from somebody who has not joined`),
      )
    if (this.#waiting.has(link))
      return link.close(violation('unexpected', 'a second join from somebody who waits'))
    const { roster } = this.#parts
    if (roster.inviteAt(message.request.invite, roster.seq)?.lobby === true)
      return this.#ask(link, message.request, knock)
    this.#answer(link, message.request, knock)
  }

  /** A person is asked; nothing is countersigned before they answer. */
  #ask(link: PeerLink, request: JoinRequest, knock: Knock): void {
    const { crypto, clock } = this.#environment
    const { roster, keyring } = this.#parts
    const objection = objectionToJoin(crypto, roster, keyring, request, knock, clock.now())
    if (typeof objection === 'string') return this.#refuse(link, objection)
    if (objection !== undefined) return link.close(objection)
    const role = roster.inviteAt(request.invite, roster.seq)?.role ?? 'viewer'
    const leave = this.#lobby.enter({
      ...{ handshake: request.handshake, name: cutName(request.certificate.name), role },
      answer: (answer) => this.#decided(link, answer, request, knock),
    })
    this.#waiting.set(link, leave)
  }

  #decided(link: PeerLink, answer: LobbyAnswer, request: JoinRequest, knock: Knock): void {
    this.#waiting.delete(link)
    if (answer === 'let in') return this.#answer(link, request, knock)
    if (answer === 'turned away')
      link.send({ type: 'refusal', reason: 'turned-away', admitter: this.#parts.invitation().inviter })
    link.close()
  }

  #stopsWaiting(link: PeerLink): void {
    this.#waiting.get(link)?.()
    this.#waiting.delete(link)
  }

  #answer(link: PeerLink, request: JoinRequest, knock: Knock): void {
    const answer = this.#parts.admit(request, knock)
    if (typeof answer === 'string') return this.#refuse(link, answer)
    if (isViolation(answer)) return link.close(answer)
    this.#welcome(link, answer)
  }

  #welcome(link: PeerLink, join: Join): void {
    const { roster, keyring } = this.#parts
    const device = deviceOf(this.#environment.crypto, join)
    const { records, joins } = roster.encoded()
    link.send({ type: 'roster', records, joins })
    const { epochKeys, admitterKey } = keyring.stored
    const mayAdmit = roster.mayAdmit(device, roster.seq)
    link.send({
      type: 'welcome',
      epochKeys: epochKeys.map((key) => key.reveal()),
      admitterKey: mayAdmit ? admitterKey?.reveal() : undefined,
    })
    this.#guests.delete(link)
    this.#parts.admitted(link, device)
  }
}
