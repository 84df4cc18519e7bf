/**
 * Who came and who went, as sentences: collected for a moment, and added to while a sentence of the same kind is
 * still on screen, so that thirty people joining are one counter.
 * Invariants: somebody who came and went within a moment is not mentioned; who was removed did not leave; a sentence is said again at most once a
 * GAP, so that a live region can finish.
 */
import type { Member, Session } from '../src/index.ts'
import { strings } from './strings.ts'
import { unreachable } from './unreachable.ts'

/** Milliseconds of collecting, from the last who came; and from the first. "Left" must be on screen within 2 s. */
const PAUSE = 400
const LATEST = 1_500
/** Milliseconds between two sentences, when people keep coming. */
const GAP = 1_500
/** Milliseconds in which a sentence is added to instead of followed by another: as long as it is on screen. */
const ADDED_TO = 6_000
/** Names in one sentence; more people are counted. */
const NAMED = 3

export type NewsKind = 'joined' | 'back' | 'left'

/** Says a sentence; one of a kind takes the place of the last of that kind. */
export type Say = (sentence: string, kind: NewsKind, members: readonly Member[]) => void

interface Told {
  readonly members: ReadonlyMap<Member['device'], Member>
  readonly at: number
}

export class News {
  readonly #say: Say
  readonly #waiting = new Map<Member['device'], { readonly kind: NewsKind; readonly member: Member }>()
  readonly #told = new Map<NewsKind, Told>()
  #since = 0
  #saidAt = Number.NEGATIVE_INFINITY
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(say: Say) {
    this.#say = say
  }

  /**
   * Listens to a session until the returned function is called. Members who are there when one has just joined
   * (`justJoined`) are no news; when one reopens a session, they are back.
   */
  follow(session: Session, justJoined: boolean): () => void {
    const known = new Set(session.members.map(({ device }) => device))
    const met = new Set<Member['device']>()
    const arrived = (member: Member) => {
      const isNew = !known.has(member.device)
      if (isNew || met.has(member.device) || !justJoined) this.#add(isNew ? 'joined' : 'back', member)
      known.add(member.device)
      met.add(member.device)
    }
    const belongs = (member: Member) => session.members.some(({ device }) => device === member.device)
    const stops = [
      session.on('members', () => this.#drop((member) => known.has(member.device) && !belongs(member))),
      session.on('arrived', ({ member }) => arrived(member)),
      session.on('left', ({ member }) => {
        met.add(member.device)
        if (belongs(member) || !known.has(member.device)) this.#add('left', member)
      }),
    ]
    return () => {
      for (const stop of stops) stop()
      clearTimeout(this.#timer)
      this.#waiting.clear()
      this.#told.clear()
    }
  }

  #drop(isGone: (member: Member) => boolean): void {
    for (const { member } of [...this.#waiting.values()])
      if (isGone(member)) this.#waiting.delete(member.device)
  }

  #add(kind: NewsKind, member: Member): void {
    const now = Date.now()
    if (this.#waiting.size === 0) this.#since = now
    const before = this.#waiting.get(member.device)
    if (before && (before.kind === 'left') !== (kind === 'left')) this.#waiting.delete(member.device)
    else this.#waiting.set(member.device, { kind, member })
    const at = Math.max(Math.min(now + PAUSE, this.#since + LATEST), this.#saidAt + GAP)
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#flush(), at - now)
  }

  #flush(): void {
    const now = Date.now()
    for (const kind of ['joined', 'back', 'left'] as const) {
      const news = [...this.#waiting.values()].filter((one) => one.kind === kind)
      if (news.length === 0) continue
      const before = this.#told.get(kind)
      const members = new Map(before && now - before.at < ADDED_TO ? before.members : [])
      for (const { member } of news) members.set(member.device, member)
      this.#told.set(kind, { members, at: now })
      this.#saidAt = now
      const all = [...members.values()]
      this.#say(newsSentence(kind, all), kind, all)
    }
    this.#waiting.clear()
  }
}

/** Up to three are named, and one alone is told with what they can do. */
export function newsSentence(kind: NewsKind, members: readonly Member[]): string {
  const names = members.map(({ name }) => name)
  const who = names.length <= NAMED ? names : names.length
  switch (kind) {
    case 'joined': {
      const [first] = members
      return strings.joined(who, first && members.length === 1 ? strings.can[first.role] : undefined)
    }
    case 'back':
      return strings.cameBack(who)
    case 'left':
      return strings.left(who)
    default:
      return unreachable(kind)
  }
}
