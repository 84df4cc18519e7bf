/**
 * Which tab of a browser leads: holds the links to others for all tabs that have the session open. A lock that one tab
 * has at a time decides; the platform gives it to whoever waited longest, at once when its tab closes. This
 * machine says when to take it out of turn. Not here: the lock and what the tabs say it over (transport/port.ts).
 *
 * A follower asks again and again, and the leader answers within the event that brought the question, which browsers
 * do not hold back in hidden tabs. So a leader whose timers are throttled stays, and a frozen one is replaced. A
 * leader out of sight gives way to a tab in sight.
 *
 * Invariant: who leads has the lock, as far as it was told.
 */
import { unreachable } from '../base/assert.ts'
import type { InstanceId } from '../base/ids.ts'
import type { Millis } from '../base/ports.ts'

export type Sight = 'seen' | 'hidden'

export type LeadingNote =
  /** From a follower: is somebody leading? */
  | { readonly kind: 'ask' }
  /** From the leader. Of two leaders the one with the higher term was given the lock later. */
  | {
      readonly kind: 'lead'
      readonly term: number
      readonly sight: Sight
      readonly deputy: InstanceId | undefined
    }
  /** From a follower in sight to a leader out of sight, and the leader's consent. */
  | { readonly kind: 'wish' }
  | { readonly kind: 'yield' }

interface Leader {
  readonly instance: InstanceId
  readonly sight: Sight
  /** Who keeps a link of its own in case the leader ends, and replaces it when it falls silent. */
  readonly deputy: InstanceId | undefined
}

/** Changed in place. */
export interface LeadingState {
  readonly me: InstanceId
  phase: 'following' | 'leading'
  sight: Sight
  /** Of the newest leader heard of. */
  term: number
  leader: Leader | undefined
  /** Tabs this one is linked to, the longest first. */
  tabs: readonly InstanceId[]
  /** Questions since the last answer, and when the first of them was put. */
  asked: { count: number; since: Millis }
  /** Since when this tab is in sight and its leader is not. */
  passedOverSince: Millis | undefined
  /** The leader that gave its consent to be replaced. */
  yieldedBy: InstanceId | undefined
}

export type LeadingInput =
  | { readonly type: 'granted' | 'lost' | 'tick'; readonly now: Millis }
  | { readonly type: 'sight'; readonly sight: Sight }
  | { readonly type: 'tabs'; readonly tabs: readonly InstanceId[] }
  | {
      readonly type: 'note'
      readonly note: LeadingNote
      readonly from: InstanceId
      readonly now: Millis
    }

export type LeadingOutput =
  /** `to` undefined: to every tab. */
  | { readonly type: 'post'; readonly note: LeadingNote; readonly to: InstanceId | undefined }
  /** Take the lock from whoever has it. */
  | { readonly type: 'steal' }
  /** This tab leads from now on; `gone` led before and is closed or frozen. */
  | { readonly type: 'lead'; readonly gone: InstanceId | undefined }
  | { readonly type: 'follow'; readonly leader: InstanceId | undefined }
  | { readonly type: 'wake'; readonly at: Millis }

const ASK_PAUSE_MS = 250
/** A leader silent for this long is replaced by its deputy. */
const SILENCE_MS = 1_000
/** The others give the deputy time to do so. */
const LONG_SILENCE_MS = 3_000
/** After a sleep of our own answers still wait behind the first tick, so time alone proves no silence. */
const ASKED_IN_VAIN = 3
/** Looking at another tab for a moment moves no links. */
const PASSED_OVER_MS = 2_000

export function startLeading(
  me: InstanceId,
  sight: Sight,
  now: Millis,
): { state: LeadingState; outputs: LeadingOutput[] } {
  const state: LeadingState = {
    ...{ me, phase: 'following', sight, term: 0, leader: undefined, tabs: [] },
    ...{ asked: { count: 0, since: now }, passedOverSince: undefined, yieldedBy: undefined },
  }
  return { state, outputs: ask(state, now) }
}

export function step(
  state: LeadingState,
  input: LeadingInput,
): { state: LeadingState; outputs: LeadingOutput[] } {
  return { state, outputs: perform(state, input) }
}

function perform(state: LeadingState, input: LeadingInput): LeadingOutput[] {
  switch (input.type) {
    case 'granted':
      return granted(state, input.now)
    case 'lost':
      return state.phase === 'leading' ? stepDown(state, input.now) : []
    case 'tick':
      return state.phase === 'leading' ? [] : tick(state, input.now)
    case 'sight':
      state.sight = input.sight
      return state.phase === 'leading' ? [announce(state)] : []
    case 'tabs': {
      const before = state.tabs[0]
      state.tabs = input.tabs
      return state.phase === 'leading' && state.tabs[0] !== before ? [announce(state)] : []
    }
    case 'note':
      return noted(state, input)
    default:
      return unreachable(input)
  }
}

function granted(state: LeadingState, now: Millis): LeadingOutput[] {
  if (state.phase === 'leading') return []
  const before = state.leader?.instance
  const gone = before === state.yieldedBy ? undefined : before
  state.phase = 'leading'
  // by the clock, so that whoever heard of no leader yet is not behind one that has
  state.term = Math.max(state.term + 1, now)
  state.leader = undefined
  return [{ type: 'lead', gone }, announce(state)]
}

function stepDown(state: LeadingState, now: Millis): LeadingOutput[] {
  state.phase = 'following'
  state.leader = undefined
  state.asked = { count: 0, since: now }
  state.passedOverSince = undefined
  return [{ type: 'follow', leader: undefined }, ...ask(state, now)]
}

function tick(state: LeadingState, now: Millis): LeadingOutput[] {
  const isDeputy = state.leader?.deputy === state.me
  const silence = isDeputy ? SILENCE_MS : LONG_SILENCE_MS
  if (state.asked.count >= ASKED_IN_VAIN && now - state.asked.since >= silence) {
    state.asked = { count: 0, since: now }
    state.yieldedBy = undefined
    return [{ type: 'steal' }, { type: 'wake', at: now + ASK_PAUSE_MS }]
  }
  return [...wish(state, now), ...ask(state, now)]
}

function ask(state: LeadingState, now: Millis): LeadingOutput[] {
  if (state.asked.count === 0) state.asked.since = now
  state.asked.count++
  return [
    { type: 'post', note: { kind: 'ask' }, to: undefined },
    { type: 'wake', at: now + ASK_PAUSE_MS },
  ]
}

function wish(state: LeadingState, now: Millis): LeadingOutput[] {
  const { leader } = state
  if (leader?.sight !== 'hidden' || state.sight !== 'seen') {
    state.passedOverSince = undefined
    return []
  }
  state.passedOverSince ??= now
  if (now - state.passedOverSince < PASSED_OVER_MS) return []
  return [{ type: 'post', note: { kind: 'wish' }, to: leader.instance }]
}

function noted(
  state: LeadingState,
  { note, from, now }: Extract<LeadingInput, { type: 'note' }>,
): LeadingOutput[] {
  const isLeading = state.phase === 'leading'
  switch (note.kind) {
    case 'ask':
      return isLeading ? [announce(state, from)] : []
    case 'wish':
      return isLeading && state.sight === 'hidden'
        ? [{ type: 'post', note: { kind: 'yield' }, to: from }]
        : []
    case 'yield':
      if (isLeading || from !== state.leader?.instance || state.sight === 'hidden') return []
      state.yieldedBy = from
      return [{ type: 'steal' }]
    case 'lead':
      return led(state, note, from, now)
    default:
      return unreachable(note)
  }
}

function led(
  state: LeadingState,
  { term, sight, deputy }: Extract<LeadingNote, { kind: 'lead' }>,
  from: InstanceId,
  now: Millis,
): LeadingOutput[] {
  if (term < state.term) return [] // a leader that thawed and does not know yet
  const outputs = state.phase === 'leading' ? stepDown(state, now) : []
  const isNew = state.leader?.instance !== from
  state.term = term
  state.leader = { instance: from, sight, deputy }
  state.asked.count = 0
  if (isNew) outputs.push({ type: 'follow', leader: from })
  return outputs
}

function announce({ term, sight, tabs }: LeadingState, to?: InstanceId): LeadingOutput {
  return { type: 'post', note: { kind: 'lead', term, sight, deputy: tabs[0] }, to }
}
