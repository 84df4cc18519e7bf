/** Listening to an open session on behalf of the page: what changed, sorted by what it means for the screen. */
import type { Member, Session, SessionStatus } from '../src/index.ts'
import type { EndReason } from './page-state.ts'
import { strings } from './strings.ts'

export interface SessionListener {
  /** Anything on screen may look different. */
  changed(): void
  /** Only counts of changes moved, many times a second while typing. */
  counted(): void
  /** A sentence for the person. */
  said(sentence: string): void
  left(member: Member): void
  ended(reason: EndReason): void
}

/** Listens until the returned function is called. */
export function watchSession(session: Session, listener: SessionListener): () => void {
  let shape = shapeOf(session.status)
  let { role } = session.me
  const stops = [
    session.on('status', (status) => {
      const before = shape
      shape = shapeOf(status)
      listener.counted()
      if (shape !== before) listener.changed()
    }),
    session.on('members', () => {
      if (session.me.role !== role) listener.said(strings.roleChanged(strings.can[session.me.role]))
      role = session.me.role
      listener.changed()
    }),
    session.on('peers', () => listener.changed()),
    session.on('title', () => listener.changed()),
    session.on('left', ({ member }) => listener.left(member)),
    session.on('ended', ({ reason }) => listener.ended(reason)),
  ]
  return () => {
    for (const stop of stops) stop()
  }
}

/** What of a status more than the chip depends on. */
function shapeOf({ phase, problem, peers }: SessionStatus): string {
  return JSON.stringify([phase, problem, peers])
}
