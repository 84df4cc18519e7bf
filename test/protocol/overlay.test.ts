import { describe, expect, test } from 'vitest'
import type { InstanceId } from '../../src/base/ids.ts'
import { FULL_MESH, ringOf, surplusLinks, WANTED_LINKS, wantedLinks } from '../../src/protocol/overlay.ts'

/** The same ids every time, spread as random ones are (splitmix64). */
function instances(count: number): InstanceId[] {
  let state = 0n
  return Array.from({ length: count }, () => {
    state = (state + 0x9e3779b97f4a7c15n) & 0xffffffffffffffffn
    let z = state
    z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & 0xffffffffffffffffn
    z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & 0xffffffffffffffffn
    return (z ^ (z >> 31n)).toString(16).padStart(16, '0') as InstanceId
  }).sort()
}

function linksOf(everybody: readonly InstanceId[]): Map<InstanceId, Set<InstanceId>> {
  const links = new Map(everybody.map((one) => [one, new Set<InstanceId>()]))
  const ring = ringOf(everybody)
  for (const one of everybody) {
    for (const other of wantedLinks(one, ring)) {
      links.get(one)?.add(other)
      links.get(other)?.add(one)
    }
  }
  return links
}

/** Hops from one instance to the farthest; Infinity when somebody is not reached. */
function farthest(links: Map<InstanceId, Set<InstanceId>>, from: InstanceId): number {
  const hops = new Map([[from, 0]])
  const queue = [from]
  for (const one of queue) {
    for (const other of links.get(one) ?? []) {
      if (hops.has(other)) continue
      hops.set(other, (hops.get(one) ?? 0) + 1)
      queue.push(other)
    }
  }
  return hops.size === links.size ? Math.max(...hops.values()) : Number.POSITIVE_INFINITY
}

test('up to nine instances everybody wants everybody', () => {
  const everybody = instances(FULL_MESH)
  for (const one of everybody) expect(wantedLinks(one, ringOf(everybody)).size).toBe(FULL_MESH - 1)
})

describe.each([10, 30, 128, 1_000, 10_000])('%i instances', (count) => {
  const everybody = instances(count)
  const links = linksOf(everybody)

  test('are all connected in O(log n) hops', () => {
    expect(farthest(links, everybody[0] as InstanceId)).toBeLessThanOrEqual(
      Math.min(14, Math.ceil(Math.log2(count)) + 1),
    )
  })

  test('want at most four links each, and who is wanted wants too', () => {
    const ring = ringOf(everybody)
    for (const one of everybody) {
      const wanted = wantedLinks(one, ring)
      expect(wanted.size).toBeLessThanOrEqual(WANTED_LINKS)
      for (const other of wanted) expect(wantedLinks(other, ring).has(one)).toBe(true)
    }
  })
})

test('stay connected after a third is lost at once, as soon as the rest know', () => {
  const survivors = instances(128).filter((_, index) => index % 3 !== 0)
  expect(farthest(linksOf(survivors), survivors[0] as InstanceId)).toBeLessThan(10)
})

test('one newcomer changes the wishes of a few only', () => {
  const everybody = instances(129)
  const before = everybody.filter((_, index) => index !== 64)
  const changed = before.filter((one) => {
    const now = wantedLinks(one, ringOf(everybody))
    return [...wantedLinks(one, ringOf(before))].some((other) => !now.has(other))
  })
  expect(changed.length).toBeLessThanOrEqual(4)
})

test('a ring is the same in whatever order everybody came', () => {
  const everybody = instances(30)
  expect(ringOf([...everybody].reverse())).toEqual(ringOf(everybody))
})

test('of what is not wanted the first goes, and as much as there is too much; in a full mesh nothing goes', () => {
  const everybody = instances(30)
  const [me, ...others] = everybody as [InstanceId, ...InstanceId[]]
  const wanted = wantedLinks(me, ringOf(everybody))
  const unwanted = others.filter((one) => !wanted.has(one))
  const linked = [...unwanted.slice(0, 5), ...[...wanted].slice(0, 2)]
  expect(surplusLinks(me, linked, ringOf(everybody))).toEqual(unwanted.slice(0, 3))
  expect(surplusLinks(me, unwanted.slice(0, 3), ringOf(everybody))).toEqual([])
  const nine = everybody.slice(0, FULL_MESH)
  expect(surplusLinks(me, [...nine.slice(1), everybody[20]!], ringOf(nine))).toEqual([])
})

test('only links that are not wanted are surplus, and only beyond what is wanted', () => {
  const everybody = instances(30)
  const [me, ...others] = everybody as [InstanceId, ...InstanceId[]]
  expect(surplusLinks(me, others.slice(0, WANTED_LINKS), ringOf(everybody))).toEqual([])
  const surplus = surplusLinks(me, others, ringOf(everybody))
  const wanted = wantedLinks(me, ringOf(everybody))
  expect(surplus.some((one) => wanted.has(one))).toBe(false)
  expect(others.length - surplus.length).toBeLessThanOrEqual(WANTED_LINKS)
})
