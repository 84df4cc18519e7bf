/**
 * Who links to whom. Up to nine instances everybody links to everybody; beyond that each keeps its two neighbours on
 * each of two rings: one in the order of instance ids, one in the order of the same ids read backwards. Ids are
 * random, so the rings have nothing to do with each other, and two random rings leave nobody far away and fall
 * apart only where four neighbours are lost at once.
 *
 * Invariants: the rule looks at nothing but ids and is even: who is wanted wants too. Everybody wants at most
 * WANTED_LINKS; a newcomer or a loss changes the wishes of its neighbours only.
 */
import type { InstanceId } from '../base/ids.ts'

/** So many instances, oneself counted, all link to each other. */
export const FULL_MESH = 9
/** Beyond a full mesh nobody holds more links than this; half of the room is for those who come and go. */
export const MAX_LINKS = 8
/** Beyond a full mesh: what is kept. */
export const WANTED_LINKS = 4

/** Everybody, each once, in both orders: what the rule looks at. */
export interface Ring {
  readonly byId: readonly string[]
  /** Ids read backwards. */
  readonly byEnd: readonly string[]
}

export function ringOf(everybody: Iterable<InstanceId>): Ring {
  const byId = [...new Set(everybody)].sort()
  return { byId, byEnd: byId.map(backwards).sort() }
}

/** The instances `me` should be linked to; `me` stands on the ring. */
export function wantedLinks(me: InstanceId, { byId, byEnd }: Ring): ReadonlySet<InstanceId> {
  const wanted =
    byId.length <= FULL_MESH
      ? byId
      : [...neighbours(me, byId), ...neighbours(backwards(me), byEnd).map(backwards)]
  const others = new Set(wanted as readonly InstanceId[])
  others.delete(me)
  return others
}

/** Links of `me` that are not wanted, as many as there are beyond WANTED_LINKS; the first may go first. */
export function surplusLinks(
  me: InstanceId,
  linked: readonly InstanceId[],
  ring: Ring,
): readonly InstanceId[] {
  if (linked.length <= WANTED_LINKS || ring.byId.length <= FULL_MESH) return []
  const wanted = wantedLinks(me, ring)
  return linked.filter((other) => !wanted.has(other)).slice(0, linked.length - WANTED_LINKS)
}

/** Those right before and right after a place in an order, round its ends. */
function neighbours(place: string, order: readonly string[]): readonly string[] {
  let low = 0
  let high = order.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((order[middle] as string) > place) high = middle
    else low = middle + 1
  }
  const own = order[low - 1] === place ? low - 1 : low
  return [order.at(own - 1) as string, order[low % order.length] as string]
}

function backwards(id: string): string {
  return [...id].reverse().join('')
}
