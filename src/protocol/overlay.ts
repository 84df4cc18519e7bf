/**
 * Who links to whom. Up to nine instances everybody links to everybody; beyond that each keeps a few: its successor
 * on the ring of instance ids, so that nobody is left out, and one far across it, so that nobody is far away.
 * Both ends of a link can tell whether the other wants it, because the rule looks at nothing but ids.
 *
 * A newcomer or a loss changes the wishes of a few only. About four links an instance, in O(log n) hops.
 */
import type { InstanceId } from '../base/ids.ts'

/** So many instances, oneself counted, all link to each other. */
export const FULL_MESH = 9
/** Beyond a full mesh, links more than this are let go. */
export const MAX_LINKS = 8

/** Everybody in the order of their ids, each once: what the rule looks at. */
export type Ring = readonly InstanceId[]

export function ringOf(everybody: Iterable<InstanceId>): Ring {
  return [...new Set(everybody)].sort()
}

/** The instances `me` should be linked to; `me` stands on the ring. */
export function wantedLinks(me: InstanceId, ring: Ring): ReadonlySet<InstanceId> {
  if (ring.length <= FULL_MESH) return new Set(ring.filter((one) => one !== me))
  const wanted = new Set([
    firstAfter(ring, me),
    firstAfter(ring, across(me)),
    firstAfter(ring, across(across(me, 1), 1)),
  ])
  wanted.delete(me)
  return wanted
}

/** Links of `me` that neither end wants, when there are more than MAX_LINKS: those may go. */
export function surplusLinks(
  me: InstanceId,
  linked: readonly InstanceId[],
  ring: Ring,
): readonly InstanceId[] {
  if (linked.length <= MAX_LINKS || ring.length <= FULL_MESH) return []
  const wanted = wantedLinks(me, ring)
  const unwanted = linked.filter((other) => !wanted.has(other) && !wantedLinks(other, ring).has(me))
  return unwanted.slice(0, linked.length - MAX_LINKS)
}

/** The first instance after a place on the ring, round its end. */
function firstAfter(ring: Ring, place: string): InstanceId {
  let low = 0
  let high = ring.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((ring[middle] as InstanceId) > place) high = middle
    else low = middle + 1
  }
  return ring[low % ring.length] as InstanceId
}

/** A place that has nothing to do with where one stands: ids are random, so their digits in another order are too. */
function across(place: string, turn = 0): string {
  const digits = [...place].reverse()
  return [...digits.slice(turn), ...digits.slice(0, turn)].join('')
}
