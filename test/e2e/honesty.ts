/**
 * Is what a page says of itself true? An oracle over the samples of all pages of a session (sampler.ts): no page may
 * say that all is shared while no other page holds its edits, or that it is in sync with more people than there are,
 * and the chip says what the status is, in exactly one of its texts.
 * Not here: that everything is well in the end, which each test waits for itself.
 */
import { expect } from 'vitest'
import { statusText } from '../../web/status-text.ts'
import type { Person } from './person.ts'
import { keepSamples, type Sample, takeSamples } from './sampler.ts'

const CHIP =
  /^(Private draft|Waiting for someone to join|Connecting to .+|In sync with \d+|Syncing [\d.]+ [KM]B|\d+ changes? not yet shared|Offline, saved on this device|Only you have these changes)$/

/** Milliseconds between two times at which Node takes what the pages kept. */
const TAKE_EVERY = 400
/** A dead peer is noticed in under 10 s, and those behind it a moment later: so long somebody gone may be counted. */
const GONE_AFTER = 12_000
/** The chip may lag behind its status by a turn of a busy page, and a running counter by its pause. */
const CHIP_LAG = 500
const COUNTER_LAG = 1_600
/** A claim is compared with what the others hold at their next look, if that comes within so many ms. */
const NEXT_LOOK = 1_000

export interface Oracle {
  /** Fails with every lie that was told; says how many claims were checked. */
  verdict(): Promise<number>
  /** Tone and text of the chip on this person's pages, each once as long as it did not change. */
  said(person: Person): readonly string[]
}

/** To be called before these people open anything. */
export async function watch(people: readonly Person[]): Promise<Oracle> {
  for (const person of people) await person.eachPage(keepSamples)
  const samples = new Map<string, Sample[]>()
  const take = async (): Promise<void> => {
    for (const person of people)
      for (const [index, page] of person.pages.entries()) {
        const name = `${person.name} ${index + 1}`
        samples.set(name, [...(samples.get(name) ?? []), ...(await takeSamples(page))])
      }
  }
  let phase: 'watching' | 'over' = 'watching'
  const watching = (async () => {
    while (phase === 'watching') {
      await take()
      await new Promise((resolve) => setTimeout(resolve, TAKE_EVERY))
    }
  })()
  return {
    said(person) {
      const own = [...samples]
        .filter(([name]) => name.startsWith(`${person.name} `))
        .flatMap(([, kept]) => kept)
      const texts = own.map(({ tone, chip }) => `${tone}: ${chip}`)
      return texts.filter((text, index) => text !== texts[index - 1])
    },
    async verdict() {
      phase = 'over'
      await watching
      await take()
      expect(liesIn(samples).slice(0, 5)).toEqual([])
      return [...samples.values()].reduce((sum, own) => sum + own.length, 0)
    },
  }
}

/** @param samples of each page, the oldest first */
export function liesIn(samples: ReadonlyMap<string, readonly Sample[]>): readonly string[] {
  return [...samples].flatMap(([name, own]) => [...liesOf(name, own, samples)])
}

function* liesOf(
  name: string,
  own: readonly Sample[],
  all: ReadonlyMap<string, readonly Sample[]>,
): Generator<string> {
  for (const [index, sample] of own.entries()) {
    const others = [...all.values()].map((looks) =>
      looks.filter(({ session, device }) => session === sample.session && device !== sample.device),
    )
    for (const lie of [...unshared(sample, others), ...crowd(sample, others), ...chip(own, index)])
      yield `${name}: ${lie}; status ${JSON.stringify(sample.status)}, chip "${sample.chip}"`
  }
}

/** "All is shared": then another device holds every own edit, as its looks until then and its next one show. */
function* unshared(
  { status, at, edited }: Sample,
  others: readonly (readonly Sample[])[],
): Generator<string> {
  if (status.phase === 'draft' || status.unshared > 0) return
  const looks = others.flatMap((pages) => {
    const next = pages.findIndex((look) => look.at >= at)
    return next < 0 ? pages : pages.slice(0, next + 1)
  })
  const isLookedAt = looks.some((look) => look.at >= at && look.at <= at + NEXT_LOOK)
  if (!isLookedAt) return // who held it may have gone since
  for (const [chain, seq] of Object.entries(edited))
    if (!looks.some((look) => (look.held[chain] ?? 0) >= seq))
      yield `all is shared, and nobody else holds edit ${seq}`
}

/** In sync with no more people than were there a moment ago. */
function* crowd({ status, at }: Sample, others: readonly (readonly Sample[])[]): Generator<string> {
  const near = others.flat().filter((other) => other.at > at - GONE_AFTER && other.at < at + NEXT_LOOK)
  const people = new Set(near.map(({ device }) => device)).size
  if (status.peers > people) yield `${status.peers} people are counted, and ${people} are there`
}

/** What the status said now or just before, in one of the eight texts. */
function* chip(own: readonly Sample[], index: number): Generator<string> {
  const sample = own[index] as Sample
  if (!CHIP.test(sample.chip)) yield 'no text the chip may say'
  const lag = sample.chip.startsWith('Syncing') ? COUNTER_LAG : CHIP_LAG
  const texts = new Set<string>()
  for (let at = index; at >= 0; at--) {
    const before = own[at] as Sample
    // at least the look before, however long the page was busy since
    if (at < index - 1 && before.at < sample.at - lag) break
    for (const now of [before.at, sample.at, sample.at - lag]) {
      const { text, tone } = statusText(before.status, { now, everShared: before.everShared })
      texts.add(`${tone} ${text}`)
    }
  }
  if (!texts.has(`${sample.tone} ${sample.chip}`))
    yield `the chip should say one of ${JSON.stringify([...texts])}`
}
