/**
 * What the page is doing, as phases: a draft, a session being opened, an invite being answered, a live session.
 * The screens show it and call it; it calls the library. Nothing here touches the DOM but the address.
 * Invariants: a draft becomes a stored session at its first edit; nothing is connected before `share` or an
 * invite; leaving a session keeps its copy.
 */
import { createDraft } from '../src/editor/index.ts'
import type { Invitation, Invite, Member, RecentSession, Session, SessionStatus } from '../src/index.ts'
import type { DeviceLock } from './device-lock.ts'
import { engine } from './engine.ts'
import { News } from './news.ts'
import { type Desk, type Doc, DRAFT_STATUS, type EndReason, type PageState } from './page-state.ts'
import { forgetInvite, keepInvite, type Route, showAddress } from './route.ts'
import { watchSession } from './session-watch.ts'
import type { Settings } from './settings.ts'
import { strings } from './strings.ts'

export interface ToastWish {
  readonly sentence: string
  readonly topic: string | undefined
  readonly action: ToastAction | undefined
}

export interface ToastAction {
  readonly name: string
  readonly act: () => void
  /** Somebody waits for it. */
  readonly answers?: boolean
}

/**
 * Emits 'change' whenever what is on screen may look different, 'status' also when only counts of changes moved
 * (many times a second while typing), 'toast' (CustomEvent<ToastWish>) for news, and 'remove-request'
 * (CustomEvent<Member['device']>) when the owner wants to be asked about removing somebody.
 */
export class Page extends EventTarget {
  readonly lock: DeviceLock
  readonly #settings: () => Settings
  readonly #news = new News((sentence, kind, members) =>
    this.toast(sentence, kind, kind === 'joined' ? this.#removalOf(members) : undefined),
  )
  #desk: Desk | undefined
  #state: PageState = { phase: 'draft' }
  #draft: Doc
  #draftTitle: string = strings.untitled
  #keeping: Promise<Session> | undefined
  #keepFailure: Error | undefined
  #stops: readonly (() => void)[] = []
  /** Counts what was entered, so that an answer to something left behind is dropped. */
  #visit = 0

  constructor(settings: () => Settings, lock: DeviceLock) {
    super()
    this.#settings = settings
    this.lock = lock
    this.#draft = createDraft()
  }

  get state(): PageState {
    return this.#state
  }

  /** The document a draft is typed into. */
  get draft(): Doc {
    return this.#draft
  }

  /** The open session; a draft not yet kept and every card have none. */
  get session(): Session | undefined {
    const { state } = this
    return state.phase === 'live' || state.phase === 'ended' ? state.session : undefined
  }

  get status(): SessionStatus {
    return this.session?.status ?? DRAFT_STATUS
  }

  get isDraft(): boolean {
    return this.#state.phase === 'draft' || (this.#state.phase === 'live' && this.status.phase === 'draft')
  }

  get title(): string {
    return this.session?.title || this.#draftTitle
  }

  /** The text is on the page and may be read, downloaded and (mostly) edited. */
  get showsText(): boolean {
    return this.#state.phase === 'draft' || this.session !== undefined
  }

  /** May this person rename, and (if `isOwner`) share? */
  get canEdit(): boolean {
    return this.#state.phase === 'draft' || (this.#state.phase === 'live' && this.#state.session.canEdit)
  }

  get isOwner(): boolean {
    return (
      this.#state.phase === 'draft' ||
      (this.#state.phase === 'live' && this.#state.session.me.role === 'owner' && !this.isOver)
    )
  }

  /** The owner ended the session for everybody. */
  get isOver(): boolean {
    return this.status.problem?.kind === 'over'
  }

  /** The owner does not know yet that somebody let this device in. */
  get isLeftOut(): boolean {
    return this.status.problem?.kind === 'left-out'
  }

  /** May this person ask to edit? */
  get mayAsk(): boolean {
    const { state } = this
    return state.phase === 'live' && state.session.me.role === 'viewer' && !this.isOver && !this.isLeftOut
  }

  /** Why the draft could not be kept on this device, if so. */
  get keepFailure(): Error | undefined {
    return this.#keepFailure
  }

  /** Closing the page now would lose text. */
  get wouldLose(): boolean {
    if (this.#state.phase === 'draft') return this.#desk !== undefined && !this.#desk.isEmpty
    return this.session !== undefined && this.status.unsaved > 0
  }

  begin(desk: Desk, route: Route): void {
    this.#desk = desk
    this.enter(route)
  }

  /** Goes where the address says. Whatever is open is left first; its copy stays. */
  enter(route: Route): void {
    this.#visit++
    this.#leave()
    if (this.lock.isLocked) return this.#askPassphrase(() => this.enter(route))
    if (route.to === 'draft') this.#enterDraft()
    else if (route.to === 'session') this.#open(route.localId)
    else if (route.to === 'code') this.#knock(route.code, 'code')
    else this.#knock(route.url, 'invite')
  }

  /** What somebody typed or pasted to join: a link, or a code that has been read to them. */
  enterTyped(given: string, by: 'link' | 'code'): void {
    forgetInvite()
    showAddress(undefined)
    if (by === 'code') return this.enter({ to: 'code', code: given })
    keepInvite(given)
    this.enter({ to: 'invite', url: given })
  }

  newDraft(): void {
    forgetInvite()
    showAddress(undefined)
    this.enter({ to: 'draft' })
  }

  openRecent(localId: string): void {
    if (this.session?.localId === localId) return
    showAddress(localId)
    this.enter({ to: 'session', localId })
  }

  async recent(): Promise<readonly RecentSession[]> {
    return (await engine()).listSessions()
  }

  /** Erases a session from this device; the open one is left first. */
  async erase(localId: RecentSession['localId']): Promise<void> {
    if (this.session?.localId !== localId) return (await engine()).forgetSession(localId)
    await this.session.forget()
    this.newDraft()
  }

  /** Makes sure that what is typed is kept on this device: the draft becomes a stored session. */
  keep(): Promise<Session> {
    if (this.session) return Promise.resolve(this.session)
    this.#keeping ??= this.#create(this.#visit)
    return this.#keeping
  }

  /** An open invite of this kind, or a new one. The session goes live. */
  async share(role: 'editor' | 'viewer', fresh = false, lobby = false): Promise<Invite> {
    const session = await this.keep()
    const now = Date.now()
    const open = session.invites.filter(
      (invite) => invite.role === role && invite.lobby === lobby && invite.expiresAt > now,
    )
    const last = open.at(-1)
    const invite = last && !fresh ? last : await session.invite({ role, lobby })
    this.#askToKeep()
    return invite
  }

  /** Every link and code so far lets nobody in any more. */
  async resetLinks(): Promise<void> {
    await this.session?.resetLinks()
    this.#changed()
  }

  rename(title: string): void {
    const clean = title.trim() || strings.untitled
    if (clean === this.title) return
    if (this.session) this.session.setTitle(clean)
    this.#draftTitle = clean
    this.#changed()
  }

  async join(invitation: Invitation, name: string): Promise<void> {
    const visit = this.#visit
    this.#show({ phase: 'joining', invitation })
    try {
      const session = await invitation.join({ name })
      if (visit !== this.#visit) return void session.leave()
      forgetInvite()
      this.#adopt(session, 'joined')
      this.#askToKeep()
      if (session.inviter) this.#desk?.follow(session.inviter)
    } catch (error) {
      if (visit === this.#visit)
        this.#refuse('invite', error, () => this.#show({ phase: 'asked', invitation }))
    }
  }

  /** The device turned out to be locked: an empty draft waits for the passphrase, typed text only once it is kept. */
  askFirst(): void {
    this.lock.found()
    if (this.#state.phase === 'draft' && !this.wouldLose) this.newDraft()
  }

  /** Whatever is open is left and out of sight. */
  hide(): void {
    this.#visit++
    this.#leave()
    this.#show({ phase: 'locked', again: () => undefined })
  }

  /** The passphrase was right: goes on to where the page was on its way. */
  unlocked(): void {
    const { state } = this
    if (state.phase === 'locked') state.again()
  }

  /** The card of somebody who was reached without a link. */
  welcome(invitation: Invitation): void {
    this.#visit++
    this.#leave()
    forgetInvite()
    showAddress(undefined)
    this.#show({ phase: 'asked', invitation })
  }

  retry(): void {
    this.session?.retry()
  }

  /** Opens the session again, with other wishes about how it connects. */
  reopen(): void {
    const { session } = this
    if (this.#state.phase === 'live' && session) this.enter({ to: 'session', localId: session.localId })
  }

  /** One about a topic takes the place of the last about it. */
  toast(sentence: string, topic?: string, action?: ToastAction): void {
    const detail: ToastWish = { sentence, topic, action }
    this.dispatchEvent(new CustomEvent('toast', { detail }))
  }

  /** Who asks to edit can be allowed to at once. */
  #permissionOf({ device, name }: Member): ToastAction {
    return { name: strings.letEdit(name), act: () => this.letEdit(device), answers: true }
  }

  letEdit(device: Member['device']): void {
    this.session?.setRole(device, 'editor').catch((error: Error) => this.toast(error.message))
  }

  /** Who has just come can be sent away at once, after a question. */
  #removalOf([first, ...more]: readonly Member[]): ToastAction | undefined {
    if (first === undefined || more.length > 0 || !this.isOwner) return undefined
    const { device: detail } = first
    const act = () => void this.dispatchEvent(new CustomEvent('remove-request', { detail }))
    return { name: strings.remove, act }
  }

  /** The line of somebody's cursor, from 1; undefined when they have none in this text. */
  lineOf(device: Member['device']): number | undefined {
    return this.#desk?.lineOf(device)
  }

  /** How this person wants to connect. */
  get wishes(): { readonly relayOnly: boolean } {
    return { relayOnly: this.#settings().hideAddress }
  }

  #enterDraft(): void {
    this.#draft = createDraft()
    this.#draftTitle = strings.untitled
    this.#keeping = undefined
    this.#keepFailure = undefined
    this.#desk?.showDraft(this.#draft)
    this.#show({ phase: 'draft' })
    this.#desk?.focus()
  }

  async #create(visit: number): Promise<Session> {
    try {
      const { createSession } = await engine()
      const name = this.#settings().name
      const session = await createSession({
        doc: this.#draft,
        name,
        title: this.#draftTitle,
        roots: { main: 'text' },
        ...this.wishes,
      })
      this.#keepFailure = undefined
      if (visit !== this.#visit) {
        void session.leave() // its person went elsewhere meanwhile; it is among the recent sessions
        return session
      }
      if (session.title !== this.#draftTitle) session.setTitle(this.#draftTitle) // renamed in the meantime
      this.#adopt(session, 'opened')
      return session
    } catch (error) {
      this.#keeping = undefined
      if (isLocked(error) && visit === this.#visit) {
        this.#askPassphrase(() => this.#keepDraft())
        throw error
      }
      this.#keepFailure = asError(error)
      this.#changed()
      throw error
    }
  }

  /** What was typed before somebody locked the device in another tab is still there. */
  #keepDraft(): void {
    this.#show({ phase: 'draft' })
    void this.keep().catch(() => undefined) // the notice says why; the text stays
  }

  #askPassphrase(again: () => void): void {
    this.lock.found()
    this.#show({ phase: 'locked', again })
  }

  #open(localId: string): void {
    const visit = this.#visit
    this.#desk?.hold()
    this.#show({ phase: 'opening' })
    const opened = engine().then(({ openSession }) =>
      openSession(localId as RecentSession['localId'], this.wishes),
    )
    opened.then(
      (session) => (visit === this.#visit ? this.#adopt(session, 'opened') : void session.leave()),
      (error) => visit === this.#visit && this.#refuse('session', error, () => this.#open(localId)),
    )
  }

  #knock(given: string, by: 'invite' | 'code'): void {
    const visit = this.#visit
    const isHere = () => visit === this.#visit
    this.#show({ phase: 'knocking', by })
    this.#answer(given, isHere).catch((error) => {
      if (isHere()) this.#refuse(by, error, () => this.#knock(given, by))
    })
  }

  /** A member who opens a link of their own session lands in it; everybody else is asked. */
  async #answer(url: string, isHere: () => boolean): Promise<void> {
    const { findSession, openInvitation } = await engine()
    const own = await findSession(url)
    if (!isHere()) return
    if (own !== undefined) {
      forgetInvite()
      this.openRecent(own)
      return
    }
    const invitation = await openInvitation(url, this.wishes)
    if (isHere()) this.#show({ phase: 'asked', invitation })
    else invitation.decline()
  }

  #adopt(session: Session, how: 'opened' | 'joined'): void {
    this.#desk?.attach(session)
    showAddress(session.localId)
    this.#stops = [
      watchSession(session, {
        changed: () => this.#changed(),
        counted: () => this.dispatchEvent(new Event('status')),
        said: ({ sentence, topic, asker }) => this.toast(sentence, topic, asker && this.#permissionOf(asker)),
        left: (member) => this.#desk?.unfollow(member.device),
        ended: (reason) => this.#ended(session, reason),
      }),
      this.#news.follow(session, how === 'joined'),
      ...this.#listenToComparing(session),
    ]
    const wasDraft = this.#state.phase === 'draft'
    this.#show({ phase: 'live', session })
    if (!wasDraft) this.#desk?.focus() // a draft becomes a session while its person may be in any field
  }

  /** Told and not put on screen: whoever types must not answer by accident, and nobody can stop others from writing. */
  #listenToComparing(session: Session): (() => void)[] {
    return [
      session.on('comparing', (detail) => {
        const act = () => void this.dispatchEvent(new CustomEvent('comparing', { detail }))
        const { name } = detail.member
        this.toast(strings.compare.wanted(name), 'comparing', {
          name: strings.compare.command,
          act,
          answers: true,
        })
      }),
      session.on('compared', ({ member, outcome }) => {
        if (outcome === 'differs') this.toast(strings.compare.differed(member.name), 'comparing')
      }),
    ]
  }

  #ended(session: Session, reason: EndReason): void {
    if (this.session !== session || this.#state.phase === 'ended') return
    this.#show({ phase: 'ended', session, reason, at: Date.now() })
  }

  #leave(): void {
    for (const stop of this.#stops) stop()
    this.#stops = []
    const { state } = this
    if (state.phase === 'asked' || state.phase === 'joining') state.invitation.decline()
    if (state.phase === 'live') void state.session.leave()
  }

  /** Once something is worth keeping, and after a click: Firefox asks the person. The menu shows the answer. */
  #askToKeep(): void {
    engine()
      .then(({ askForPersistence }) => askForPersistence())
      .catch(reportError)
  }

  #refuse(what: 'invite' | 'code' | 'session', error: unknown, again: () => void): void {
    if (isLocked(error)) return this.#askPassphrase(again)
    this.#show({ phase: 'refused', what, because: asError(error), again })
  }

  #show(state: PageState): void {
    this.#state = state
    this.#changed()
  }

  #changed(): void {
    this.dispatchEvent(new Event('change'))
  }
}

/** By name: the library, which knows the class, loads late. */
function isLocked(error: unknown): boolean {
  return error instanceof Error && error.name === 'DeviceLocked'
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
