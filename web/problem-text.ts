/** What stands in the way, in words, and what is offered about it: pure. */
import type { SessionProblem } from '../src/index.ts'
import { strings } from './strings.ts'
import { unreachable } from './unreachable.ts'

export type Remedy =
  | 'retry'
  | 'download'
  | 'free-space'
  | 'update'
  | 'check'
  | 'people'
  | 'versions'
  | 'keep-list'
  | 'restart'

export interface ProblemText {
  readonly text: string
  readonly remedies: readonly Remedy[]
  /** Text may be lost if nothing is done: said at once, not politely. */
  readonly urgent: boolean
}

export function problemText(problem: SessionProblem): ProblemText {
  const say = strings.problems
  switch (problem.kind) {
    case 'signaling-unreachable':
      return calm(say.unreachable(problem.host), 'retry')
    case 'no-route':
      return calm(say.noRoute, 'retry', 'check')
    case 'webrtc-blocked':
      return calm(say.blocked, 'retry', 'check')
    case 'protocol-mismatch':
      return calm(say.mismatch(problem.name ?? say.someone), 'update')
    case 'storage-full':
      return { text: say.storageFull, remedies: ['free-space', 'download'], urgent: true }
    case 'namesake':
      return { text: say.namesake(problem.name), remedies: ['people'], urgent: true }
    case 'too-large':
      return calm(say.tooLarge, 'download')
    case 'fork':
      return problem.mayDecide
        ? calm(say.fork(problem.name), 'restart', 'versions', 'download')
        : calm(say.fork(problem.name), 'versions', 'download')
    case 'diverged':
      return problem.mayDecide
        ? calm(say.diverged(problem.name), 'restart', 'versions', 'download')
        : calm(say.diverged(problem.name), 'download')
    case 'roster-fork':
      return problem.mayDecide
        ? calm(say.rosterForkMine, 'keep-list', 'download')
        : calm(say.rosterFork(problem.name), 'download')
    case 'removed':
      return calm(say.removedBefore(problem.by), 'download')
    case 'left-out':
      return calm(say.leftOut(problem.admitter ?? say.someone), 'retry', 'download')
    case 'over':
      return calm(problem.by === undefined ? say.overByMe : say.over(problem.by), 'download')
    case 'not-stored':
      return { text: say.notStored, remedies: ['download'], urgent: true }
    default:
      return unreachable(problem)
  }
}

function calm(text: string, ...remedies: readonly Remedy[]): ProblemText {
  return { text, remedies, urgent: false }
}
