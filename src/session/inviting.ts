/** The owner's links: made, shown again, revoked, read aloud as codes, and carried by hand. */
import type { InstanceId, InviteId } from '../base/ids.ts'
import type { Secret } from '../base/secret.ts'
import type { Roster } from '../protocol/roster.ts'
import { inviteKeys } from '../wire/invite-link.ts'
import { describeInvite, inviteUrl, newInvite, type OtherWays } from './admission.ts'
import type { Environment } from './environment.ts'
import type { Knocking } from './guest-book.ts'
import { HandOffers } from './hand-offers.ts'
import type { Keyring } from './keyring.ts'
import type { CodeOutcome, Invite, InviteOptions } from './public.ts'
import type { Signing } from './signing.ts'
import { SpokenCodes } from './spoken-codes.ts'

export interface InvitingParts {
  readonly environment: Environment
  readonly keyring: Keyring
  readonly roster: Roster
  readonly signing: Signing
  /** A spoken code of one of these invites ended. */
  readonly codeEnded: (outcome: CodeOutcome) => void
  readonly me: InstanceId
  /** Somebody came by an offer that was carried by hand. */
  readonly knocked: (knocking: Knocking) => void
}

export class Inviting {
  readonly #parts: InvitingParts
  readonly #codes: SpokenCodes
  readonly #offers: HandOffers
  readonly #ways: OtherWays = {
    spoken: (invite, url) => this.#codes.spoken(invite, url),
    carried: (invite, url) => this.#offers.carried(invite, url),
  }

  constructor(parts: InvitingParts) {
    this.#parts = parts
    const { environment, keyring, me, codeEnded, knocked } = parts
    this.#codes = new SpokenCodes({ environment, url: () => keyring.stored.signaling, ended: codeEnded })
    this.#offers = new HandOffers({ environment, me, device: () => keyring.device, knocked })
  }

  /** Invites this device made that still let somebody in. */
  get open(): readonly Invite[] {
    const { environment, keyring, roster } = this.#parts
    const unused = roster.openInvites().filter(({ invite, uses }) => roster.usesOf(invite) < uses)
    const open = new Map(unused.map((content) => [content.invite, content]))
    return keyring.stored.invites.flatMap(({ seed, url }) => {
      const content = open.get(inviteKeys(environment.crypto, seed).invite)
      return content === undefined ? [] : [describeInvite(content, url, this.#ways)]
    })
  }

  /** Signs an invite and keeps its link. @throws NotAllowed */
  async invite(options: InviteOptions): Promise<Invite> {
    const { environment, keyring, roster, signing } = this.#parts
    signing.requireOwner()
    const { crypto, clock } = environment
    const made = newInvite(crypto, keyring, options, clock.now())
    await signing.sign(() => [made.content])
    const url = this.#urlOf(made.seed, roster.seq)
    this.#keep(made.seed, url)
    keyring.update({ shared: true })
    return describeInvite(made.content, url, this.#ways)
  }

  /** Links that other tabs of this device made become links of this one: their seeds are in the roster. */
  rosterGrew(): void {
    const { environment, keyring, roster } = this.#parts
    const made = roster.records.filter(({ content }) => content.type === 'invite')
    if (keyring.penFor(roster) === undefined || made.length === keyring.stored.invites.length) return
    const known = new Set(
      keyring.stored.invites.map(({ seed }) => inviteKeys(environment.crypto, seed).invite),
    )
    for (const { seq, content } of made) {
      if (content.type !== 'invite' || known.has(content.invite)) continue
      const seed = keyring.openSeed(content.sealedSeed)
      if (seed !== undefined) this.#keep(seed, this.#urlOf(seed, seq))
    }
  }

  #keep(seed: Secret, url: string): void {
    const { keyring } = this.#parts
    const others = keyring.stored.invites.filter((one) => one.url !== url)
    keyring.update({ invites: [...others, { seed, url }] })
  }

  #urlOf(seed: Secret, rosterSeq: number): string {
    const { environment, roster } = this.#parts
    const link = { session: roster.session, rosterSeq, seed, signaling: this.#unusualServer() }
    return inviteUrl(environment.crypto, environment.origin, link)
  }

  /** @throws NotAllowed */
  async revoke(invite: InviteId): Promise<void> {
    const { roster, signing } = this.#parts
    signing.requireOwner()
    this.#codes.close(invite)
    this.#offers.close(invite)
    await signing.sign(() => [{ type: 'revoke', invite, joins: roster.acceptable() }])
  }

  /** Codes and offers that are open let nobody in any more. */
  stop(): void {
    this.#codes.stop()
    this.#offers.stop()
  }

  /** Where newcomers find the server, when it is not the one of the page the link points to. */
  #unusualServer(): string | undefined {
    const { environment, keyring } = this.#parts
    const usual = `${environment.origin.replace(/^http/, 'ws')}/signal`
    const used = keyring.stored.signaling
    return used === usual ? undefined : used
  }
}
