/** Listening to an open session on behalf of the page: what changed, sorted by what it means for the screen. */
import type { Member, Session, SessionStatus } from '../src/index.ts'
import type { EndReason } from './page-state.ts'
import { type Decision, decisionsBetween, standingOf } from './standing.ts'
import { strings } from './strings.ts'

export interface SessionListener {
  /** Anything on screen may look different. */
  changed(): void
  /** Only counts of changes moved, many times a second while typing. */
  counted(): void
  /** A sentence for the person; the next about the same topic takes its place. */
  said(decision: Decision): void
  left(member: Member): void
  ended(reason: EndReason): void
}

/** Listens until the returned function is called. */
export function watchSession(session: Session, listener: SessionListener): () => void {
  let shape = shapeOf(session.status)
  let standing = standingOf(session)
  const stops = [
    session.on('status', (status) => {
      const before = shape
      shape = shapeOf(status)
      listener.counted()
      if (shape !== before) listener.changed()
    }),
    session.on('members', () => {
      const before = standing
      standing = standingOf(session)
      for (const decision of decisionsBetween(before, standing)) listener.said(decision)
      listener.changed()
    }),
    session.on('peers', () => listener.changed()),
    session.on('title', () => listener.changed()),
    session.on('lobby', () => listener.changed()),
    session.on('overused', ({ id, uses, usedBy }) => {
      const names = usedBy.map(({ name }) => name)
      listener.said({ sentence: strings.overused(names, uses), topic: `overused ${id}` })
    }),
    session.on('versions', ({ rescued }) => {
      if (rescued?.why !== 'fork' && rescued?.why !== 'unshared' && rescued?.why !== 'restart') return
      // whoever restarted it is told what came of it
      if (rescued.why === 'restart' && session.me.role === 'owner') return
      listener.said({ sentence: strings.versions.kept[rescued.why](rescued.by), topic: 'versions' })
    }),
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
