/**
 * A session as its caller holds it: the public shape over the workings (workings.ts). It checks what callers give
 * and asks, and decides nothing else.
 */

import type { Awareness } from 'y-protocols/awareness'
import type { Doc } from 'yjs'
import { assert } from '../base/assert.ts'
import type { DeviceId, InviteId, SessionId } from '../base/ids.ts'
import type { LocalId } from '../storage/port.ts'
import { PALETTE_SIZE } from '../wire/certificate.ts'
import { NotAllowed, SessionEnded } from './errors.ts'
import type { PeerLink } from './peer-link.ts'
import { cutName } from './people.ts'
import type {
  Comparison,
  Copy,
  Invite,
  InviteOptions,
  InviteUse,
  Member,
  Peer,
  Roots,
  Session,
  SessionEvents,
  SessionStatus,
  WaitingGuest,
} from './public.ts'
import type { Replica } from './replica.ts'
import { OWN_ROOT } from './title.ts'
import type { Versions } from './version.ts'
import { Workings, type WorkingsParts } from './workings.ts'

export class LiveSession implements Session {
  readonly id: SessionId
  readonly localId: LocalId
  readonly roots: Roots
  readonly #workings: Workings

  constructor(parts: WorkingsParts) {
    this.id = parts.keyring.session
    this.localId = parts.journal.localId
    this.roots = Object.fromEntries(Object.entries(parts.schema.roots).filter(([name]) => name !== OWN_ROOT))
    this.#workings = new Workings(parts)
  }

  // What it shows ------------------------------------------------------------------------------------------------

  get doc(): Doc {
    return this.#workings.replica.document.doc
  }

  /** Roster and log, for who compares copies entry by entry (the simulator). Not part of the public shape. */
  get replica(): Replica {
    return this.#workings.replica
  }

  get awareness(): Awareness {
    return this.#workings.awareness.awareness
  }

  get title(): string {
    return this.#workings.title.current
  }

  get me(): Member {
    return this.#workings.people.member(this.#workings.keyring.device)
  }

  get members(): readonly Member[] {
    return this.#workings.people.members()
  }

  get peers(): readonly Peer[] {
    return this.#workings.peers
  }

  get whenSynced(): Promise<void> {
    return this.#workings.standing.whenSynced
  }

  get status(): SessionStatus {
    return this.#workings.standing.status
  }

  get canEdit(): boolean {
    return this.#workings.canEdit
  }

  get inviter(): DeviceId | undefined {
    return this.#workings.keyring.stored.inviter
  }

  get copies(): readonly Copy[] {
    return this.#workings.copies.all
  }

  get inviteUses(): readonly InviteUse[] {
    return this.#workings.inviteUses.all
  }

  get lobby(): readonly WaitingGuest[] {
    return this.#workings.lobby
  }

  get invites(): readonly Invite[] {
    return this.#workings.inviting.open
  }

  on<Name extends keyof SessionEvents & string>(
    name: Name,
    listener: (event: SessionEvents[Name]) => void,
  ): () => void {
    return this.#workings.emitter.on(name, listener)
  }

  // What it takes ------------------------------------------------------------------------------------------------

  setTitle(title: string): void {
    if (!this.canEdit) throw new NotAllowed('Only people who can edit may rename this session.')
    this.#workings.title.set(title)
  }

  setProfile(profile: { readonly name?: string; readonly color?: number }): void {
    const { stored } = this.#workings.keyring
    const name = profile.name === undefined ? stored.name : cutName(profile.name)
    const color = profile.color ?? stored.color
    assert(
      Number.isInteger(color) && color >= 0 && color < PALETTE_SIZE,
      'a colour is an index into the palette',
    )
    this.#workings.keyring.update({ name, color })
    this.#workings.storeSecrets()
    this.#workings.people.showMyself()
    this.#workings.standing.refresh()
    this.#workings.emitter.emit('members', this.members)
  }

  async invite(options: InviteOptions): Promise<Invite> {
    this.#requireLife()
    this.#workings.signing.requireOwner()
    this.#workings.title.set(this.title)
    this.#workings.replica.flush()
    this.#workings.journal.begin()
    const invite = await this.#workings.inviting.invite(options)
    this.#workings.storeSecrets()
    this.goLive()
    return invite
  }

  async revoke(invite: InviteId): Promise<void> {
    this.#requireLife()
    await this.#workings.inviting.revoke(invite)
    this.#workings.rendezvous?.plan()
  }

  async remove(device: DeviceId): Promise<void> {
    this.#requireLife()
    await this.#workings.governing.remove(device)
  }

  async setRole(device: DeviceId, role: 'editor' | 'viewer'): Promise<void> {
    this.#requireLife()
    await this.#workings.governing.setRole(device, role)
  }

  async transfer(device: DeviceId): Promise<void> {
    this.#requireLife()
    await this.#workings.governing.transfer(device)
    this.#workings.storeSecrets()
  }

  async restart(): Promise<void> {
    this.#requireLife()
    const { governing, replica, title } = this.#workings
    if (this.canEdit) title.set(this.title)
    await governing.restart()
    // whoever lacks something of before is given this
    if (this.canEdit) replica.checkpoints.make()
  }

  async endForEveryone(): Promise<void> {
    this.#requireLife()
    await this.#workings.governing.end()
  }

  askToEdit(asks: boolean): void {
    this.#requireLife()
    if (this.me.role !== 'viewer') throw new NotAllowed('You can edit this session already.')
    this.#workings.people.raiseHand(asks)
    this.#workings.emitter.emit('members', this.members)
  }

  async pause(paused: boolean): Promise<void> {
    this.#requireLife()
    await this.#workings.governing.pause(paused)
  }

  async resetLinks(): Promise<void> {
    this.#requireLife()
    await this.#workings.governing.resetLinks()
  }

  recoveryPhrase(): string {
    return this.#workings.recovering.phrase()
  }

  async takeOver(phrase: string): Promise<void> {
    this.#requireLife()
    await this.#workings.recovering.takeOver(phrase)
  }

  async verify(device: DeviceId): Promise<Comparison> {
    this.#requireLife()
    return this.#workings.verifying.verify(device)
  }

  async heal(): Promise<void> {
    this.#requireLife()
    await this.#workings.signing.heal()
  }

  get isPaused(): boolean {
    return this.#workings.replica.roster.isPaused
  }

  get versions(): Versions {
    return this.#workings.versions
  }

  async saved(): Promise<void> {
    this.#workings.replica.flush()
    await this.#workings.journal.settled()
  }

  retry(): void {
    this.#workings.rendezvous?.retry()
    this.#workings.standing.setProblem(undefined)
  }

  async leave(): Promise<void> {
    const kept = this.#workings.keepVersion('end')
    this.#workings.end('left')
    await kept
    await this.#workings.journal.close()
  }

  async forget(): Promise<void> {
    this.#workings.end('forgotten')
    await this.#workings.journal.close()
    await this.#workings.environment.store.forget(this.localId)
  }

  // Going live ---------------------------------------------------------------------------------------------------

  /** Connects: after Share, after joining, and when a shared session is opened again. */
  goLive(): void {
    this.#workings.goLive()
  }

  /** The link of the join itself. */
  adoptLink(link: PeerLink, device: DeviceId): void {
    this.#workings.mesh.add(link, device)
  }

  reopen(...stored: Parameters<Replica['reopen']>): void {
    this.#workings.replica.reopen(...stored)
    void this.#workings.keepVersion('start')
  }

  /** Opened again by somebody who is a member no more: to read what was left. */
  closeAsRemoved(): void {
    this.#workings.end('removed')
  }

  /** From now on everything is written to the disk. A draft begins by its first edit. */
  begin(): void {
    this.#workings.journal.begin()
  }

  /** The journal wrote, or could not. */
  storageChanged(): void {
    this.#workings.standing.refresh()
  }

  #requireLife(): void {
    if (this.#workings.ended) throw new SessionEnded()
  }
}
