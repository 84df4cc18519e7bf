/** Which tab leads: a lock decides, and these are the reasons to take it out of turn. */
import { describe, expect, test } from 'vitest'
import type { InstanceId } from '../../src/base/ids.ts'
import type { Millis } from '../../src/base/ports.ts'
import {
  type LeadingInput,
  type LeadingNote,
  type LeadingOutput,
  type LeadingState,
  type Sight,
  startLeading,
  step,
} from '../../src/protocol/leading.ts'

const ADA = 'a000000000000000' as InstanceId
const BEA = 'b000000000000000' as InstanceId
const CYD = 'c000000000000000' as InstanceId

function tab(me: InstanceId, sight: Sight = 'seen', now = 0): LeadingState {
  return startLeading(me, sight, now).state
}

function give(state: LeadingState, input: LeadingInput): LeadingOutput[] {
  return step(state, input).outputs
}

function hear(state: LeadingState, note: LeadingNote, from: InstanceId, now = 0): LeadingOutput[] {
  return give(state, { type: 'note', note, from, now })
}

function lead(term: number, sight: Sight = 'seen', deputy?: InstanceId): LeadingNote {
  return { kind: 'lead', term, sight, deputy }
}

/** Ticks as often as it asks to be woken, until `until`. @returns when it took the lock out of turn */
function stealsAt(state: LeadingState, from: Millis, until: Millis, every = 250): Millis | undefined {
  for (let now = from; now <= until; now += every)
    if (give(state, { type: 'tick', now }).some(({ type }) => type === 'steal')) return now
  return undefined
}

/** What a follower says at every tick, and nothing else. */
const asking = (now: Millis): LeadingOutput[] => [
  { type: 'post', note: { kind: 'ask' }, to: undefined },
  { type: 'wake', at: now + 250 },
]

describe('a tab', () => {
  test('follows at first, and asks everybody who leads', () => {
    const { state, outputs } = startLeading(ADA, 'seen', 7)
    expect([state.phase, outputs]).toEqual(['following', asking(7)])
    expect(give(state, { type: 'tick', now: 257 })).toEqual(asking(257))
  })

  test('that follows answers nobody, and says nothing of itself', () => {
    const bea = tab(BEA)
    expect(hear(bea, lead(5), ADA)).toEqual([{ type: 'follow', leader: ADA }])
    expect(hear(bea, lead(6), ADA)).toEqual([])
    expect(hear(bea, { kind: 'ask' }, CYD)).toEqual([])
    expect(hear(bea, { kind: 'wish' }, CYD)).toEqual([])
    expect(give(bea, { type: 'sight', sight: 'hidden' })).toEqual([])
    expect(give(bea, { type: 'tabs', tabs: [CYD] })).toEqual([])
    expect(give(bea, { type: 'lost', now: 9 })).toEqual([])
  })

  test('takes nothing from a leader it does not know, nor while it is hidden', () => {
    expect(hear(tab(BEA), { kind: 'yield' }, ADA)).toEqual([])
    const bea = tab(BEA, 'hidden')
    hear(bea, lead(5, 'hidden'), ADA)
    expect(hear(bea, { kind: 'yield' }, ADA)).toEqual([])
  })
})

describe('a leader', () => {
  test('that has the lock is not given it again, and its term is above the last one', () => {
    const ada = tab(ADA)
    hear(ada, lead(1_000), BEA)
    expect(give(ada, { type: 'granted', now: 5 }).at(-1)).toMatchObject({ note: { term: 1_001 } })
    expect(give(ada, { type: 'granted', now: 6 })).toEqual([])
  })

  test('that lost its lock to somebody silent takes it back after the long silence', () => {
    const ada = tab(ADA)
    give(ada, { type: 'granted', now: 5 })
    const outputs = give(ada, { type: 'lost', now: 10_000 })
    expect([ada.phase, outputs]).toEqual([
      'following',
      [{ type: 'follow', leader: undefined }, ...asking(10_000)],
    ])
    expect(stealsAt(ada, 10_250, 20_000)).toBe(13_000)
  })

  test('is whoever has the lock, and says so to everybody', () => {
    const ada = tab(ADA)
    expect(give(ada, { type: 'granted', now: 5 })).toEqual([
      { type: 'lead', gone: undefined },
      { type: 'post', note: lead(5), to: undefined },
    ])
  })

  test('answers within the event that brought the question, and needs no clock', () => {
    const ada = tab(ADA)
    give(ada, { type: 'granted', now: 5 })
    expect(hear(ada, { kind: 'ask' }, BEA)).toEqual([{ type: 'post', note: lead(5), to: BEA }])
    expect(give(ada, { type: 'tick', now: 1_000 })).toEqual([])
  })

  test('names the tab it is linked to the longest its deputy', () => {
    const ada = tab(ADA)
    give(ada, { type: 'granted', now: 5 })
    expect(give(ada, { type: 'tabs', tabs: [BEA, CYD] })).toEqual([
      { type: 'post', note: lead(5, 'seen', BEA), to: undefined },
    ])
    expect(give(ada, { type: 'tabs', tabs: [BEA] })).toEqual([])
  })

  test('follows once its lock was taken, whoever tells it first', () => {
    const ada = tab(ADA)
    give(ada, { type: 'granted', now: 5 })
    expect(hear(ada, lead(6), BEA)).toContainEqual({ type: 'follow', leader: BEA })
    expect(give(ada, { type: 'lost', now: 7 })).toEqual([])
    expect(ada.leader?.instance).toBe(BEA)
    const cyd = tab(CYD)
    give(cyd, { type: 'granted', now: 5 })
    expect(give(cyd, { type: 'lost', now: 6 })).toContainEqual({ type: 'follow', leader: undefined })
  })

  test('that thawed is not believed', () => {
    const cyd = tab(CYD)
    hear(cyd, lead(6), BEA)
    expect(hear(cyd, lead(5), ADA)).toEqual([])
    expect(cyd.leader?.instance).toBe(BEA)
  })
})

describe('a follower', () => {
  test('replaces a leader that is silent for a second, when it is the deputy', () => {
    const bea = tab(BEA)
    hear(bea, lead(5, 'seen', BEA), ADA)
    expect(stealsAt(bea, 250, 5_000)).toBe(1_250)
    expect(give(bea, { type: 'granted', now: 1_260 })).toContainEqual({ type: 'lead', gone: ADA })
  })

  test('asks three times before, however seldom it asks, and again before it tries again', () => {
    const bea = tab(BEA)
    hear(bea, lead(5, 'seen', BEA), ADA)
    expect(stealsAt(bea, 500, 5_000, 500)).toBe(2_000)
    const cyd = tab(CYD)
    hear(cyd, lead(5, 'seen', CYD), ADA)
    expect(stealsAt(cyd, 250, 1_000)).toBeUndefined()
    expect(give(cyd, { type: 'tick', now: 1_250 })).toEqual([{ type: 'steal' }, { type: 'wake', at: 1_500 }])
    expect(stealsAt(cyd, 1_500, 5_000)).toBe(2_500)
  })

  test('gives the deputy time to do so, when it is not', () => {
    const cyd = tab(CYD)
    hear(cyd, lead(5, 'seen', BEA), ADA)
    expect(stealsAt(cyd, 250, 2_750)).toBeUndefined()
    hear(cyd, lead(2_000, 'seen', CYD), BEA)
    expect(cyd.leader?.instance).toBe(BEA)
  })

  test('replaces a leader that never answered', () => {
    expect(stealsAt(tab(BEA), 250, 5_000)).toBe(3_000)
  })

  test('leaves alone a leader that answers, however seldom it asks itself', () => {
    const bea = tab(BEA, 'hidden')
    hear(bea, lead(5, 'seen', BEA), ADA)
    for (let now = 0; now < 600_000; now += 60_000) {
      expect(give(bea, { type: 'tick', now })).not.toContainEqual({ type: 'steal' })
      hear(bea, lead(5, 'seen', BEA), ADA, now)
    }
  })

  test('that slept itself asks first: answers may wait behind its first tick', () => {
    const bea = tab(BEA)
    hear(bea, lead(5, 'seen', BEA), ADA)
    give(bea, { type: 'tick', now: 250 })
    expect(give(bea, { type: 'tick', now: 90_000 })).not.toContainEqual({ type: 'steal' })
    hear(bea, lead(5, 'seen', BEA), ADA, 90_001)
    expect(give(bea, { type: 'tick', now: 90_250 })).not.toContainEqual({ type: 'steal' })
  })

  test('keeps its link to a leader that gave way, and to none that closed', () => {
    const bea = tab(BEA)
    hear(bea, lead(5, 'hidden'), ADA)
    hear(bea, { kind: 'yield' }, ADA)
    expect(give(bea, { type: 'granted', now: 9 })[0]).toEqual({ type: 'lead', gone: undefined })
    const cyd = tab(CYD)
    hear(cyd, lead(5), ADA)
    expect(give(cyd, { type: 'granted', now: 9 })[0]).toEqual({ type: 'lead', gone: ADA })
  })
})

describe('a leader out of sight', () => {
  test('gives way to a tab that has been in sight for a while', () => {
    const ada = tab(ADA, 'hidden')
    const bea = tab(BEA)
    give(ada, { type: 'granted', now: 0 })
    hear(bea, lead(0, 'hidden', BEA), ADA)
    expect(give(bea, { type: 'tick', now: 250 })).not.toContainEqual(
      expect.objectContaining({ note: { kind: 'wish' } }),
    )
    hear(bea, lead(0, 'hidden', BEA), ADA)
    expect(give(bea, { type: 'tick', now: 2_249 })).toEqual(asking(2_249))
    hear(bea, lead(0, 'hidden', BEA), ADA)
    expect(give(bea, { type: 'tick', now: 2_250 })).toContainEqual({
      type: 'post',
      note: { kind: 'wish' },
      to: ADA,
    })
    expect(hear(ada, { kind: 'wish' }, BEA)).toEqual([{ type: 'post', note: { kind: 'yield' }, to: BEA }])
    expect(hear(bea, { kind: 'yield' }, ADA)).toEqual([{ type: 'steal' }])
  })

  test('says that it is hidden at once, and stays when it came back before it was asked', () => {
    const ada = tab(ADA)
    give(ada, { type: 'granted', now: 5 })
    expect(give(ada, { type: 'sight', sight: 'hidden' })).toEqual([
      { type: 'post', note: lead(5, 'hidden'), to: undefined },
    ])
    give(ada, { type: 'sight', sight: 'seen' })
    expect(hear(ada, { kind: 'wish' }, BEA)).toEqual([])
  })

  test('is not asked by a tab that is hidden too, and nobody takes what another tab gives', () => {
    const bea = tab(BEA, 'hidden')
    hear(bea, lead(0, 'hidden', BEA), ADA)
    for (const now of [250, 5_000])
      expect(give(bea, { type: 'tick', now })).not.toContainEqual(
        expect.objectContaining({ note: { kind: 'wish' } }),
      )
    const cyd = tab(CYD)
    hear(cyd, lead(0, 'hidden'), ADA)
    expect(hear(cyd, { kind: 'yield' }, BEA)).toEqual([])
  })
})
