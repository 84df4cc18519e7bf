/**
 * Who came and who went, as sentences: collected for a moment, so that thirty people joining are one toast.
 * Invariant: somebody who came and went within that moment is not mentioned.
 */
import type { Member, Session } from '../src/index.ts'
import { strings } from './strings.ts'

/** Milliseconds of collecting. "Left" must be on screen within 2 s. */
const PAUSE = 400
/** Names in one sentence; the rest is counted. */
const NAMED = 3

type Kind = 'joined' | 'back' | 'left'

export class News {
  readonly #say: (sentence: string) => void
  readonly #waiting = new Map<Member['device'], { readonly kind: Kind; readonly member: Member }>()
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(say: (sentence: string) => void) {
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
    const stops = [
      session.on('arrived', ({ member }) => arrived(member)),
      session.on('left', ({ member }) => {
        met.add(member.device)
        this.#add('left', member)
      }),
    ]
    return () => {
      for (const stop of stops) stop()
      clearTimeout(this.#timer)
      this.#waiting.clear()
    }
  }

  #add(kind: Kind, member: Member): void {
    const before = this.#waiting.get(member.device)
    if (before && (before.kind === 'left') !== (kind === 'left')) this.#waiting.delete(member.device)
    else this.#waiting.set(member.device, { kind, member })
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#flush(), PAUSE)
  }

  #flush(): void {
    const waiting = [...this.#waiting.values()]
    this.#waiting.clear()
    for (const sentence of newsSentences(waiting)) this.#say(sentence)
  }
}

/** One sentence for each kind of news. */
export function newsSentences(news: readonly { readonly kind: Kind; readonly member: Member }[]): string[] {
  const of = (kind: Kind) => news.filter((one) => one.kind === kind).map(({ member }) => member)
  const [joined, back, left] = [of('joined'), of('back'), of('left')]
  const can = joined.length === 1 && joined[0] ? strings.can[joined[0].role] : undefined
  return [
    ...(joined.length > 0 ? [strings.joined(named(joined), can)] : []),
    ...(back.length > 0 ? [strings.cameBack(named(back))] : []),
    ...(left.length > 0 ? [strings.left(named(left))] : []),
  ]
}

function named(members: readonly Member[]): readonly string[] {
  const names = members.map(({ name }) => name)
  if (names.length <= NAMED) return names
  return [...names.slice(0, NAMED - 1), strings.others(names.length - NAMED + 1)]
}
