/** Links that are not needed: nobody loses their last way into the crowd, and nobody is missed who said that they are well. */
import { expect, test } from 'vitest'
import { type InstanceId, idOf } from '../../src/base/ids.ts'
import { ringOf, wantedLinks } from '../../src/protocol/overlay.ts'
import { LettingGo } from '../../src/session/letting-go.ts'
import type { MeshPeer } from '../../src/session/mesh-peer.ts'
import { VirtualTime } from '../sim/time.ts'

const everybody = Array.from({ length: 16 }, (_, n) =>
  idOf<InstanceId>(Uint8Array.from({ length: 8 }, (_, at) => (n * 37 + at * 11) & 255)),
)
const [me] = everybody as [InstanceId]
const ring = ringOf(everybody)
const wanted = [...wantedLinks(me, ring)]
const [other] = everybody.filter((one) => one !== me && !wanted.includes(one)) as [InstanceId]

class Side {
  readonly time = new VirtualTime()
  readonly peers = new Map<InstanceId, MeshPeer>()
  readonly said: InstanceId[] = []
  readonly closed: InstanceId[] = []
  readonly lettingGo = new LettingGo({
    me,
    clock: this.time,
    peers: this.peers,
    company: { ring: () => ring },
  })

  link(remote: InstanceId): MeshPeer {
    const link = {
      remote,
      send: () => this.said.push(remote),
      close: () => {
        this.closed.push(remote)
        this.peers.delete(remote)
      },
    }
    const peer = { link, letGoBy: 'nobody' } as unknown as MeshPeer
    this.peers.set(remote, peer)
    return peer
  }
}

test('what the other side does not need is kept until every link that is wanted here is there', () => {
  const side = new Side()
  const peer = side.link(other)
  side.lettingGo.heard(peer)
  for (const one of wanted) {
    expect(side.said).toEqual([])
    side.link(one)
    side.lettingGo.answer()
  }
  expect(side.said).toEqual([other])
  expect(side.closed).toEqual([])
  expect(side.lettingGo.closed(peer)).toBe(true)
})

test('whoever said it first closes when the answer comes, and nobody is missed', () => {
  const side = new Side()
  const peer = side.link(other)
  side.lettingGo.begin(peer)
  side.lettingGo.begin(peer)
  expect([side.said, side.closed]).toEqual([[other], []])
  side.lettingGo.heard(peer)
  expect(side.closed).toEqual([other])
  expect(side.lettingGo.closed(peer)).toBe(true)
})

test('without an answer it is closed after twenty seconds, and its other side is missed', async () => {
  const side = new Side()
  const peer = side.link(other)
  side.lettingGo.begin(peer)
  await side.time.pass(19_999, () => undefined)
  expect(side.closed).toEqual([])
  await side.time.pass(1, () => undefined)
  expect(side.closed).toEqual([other])
  expect(side.lettingGo.closed(peer)).toBe(false)
})

test('a link that ends before that leaves no timer behind', async () => {
  const side = new Side()
  const peer = side.link(other)
  side.lettingGo.begin(peer)
  side.lettingGo.closed(peer)
  await side.time.pass(30_000, () => undefined)
  expect(side.closed).toEqual([])
})

test('closed by the other side with the word and without waiting, nobody is missed as long as there are others', () => {
  const side = new Side()
  const peer = side.link(other)
  side.lettingGo.heard(peer)
  side.peers.delete(other)
  expect(side.lettingGo.closed(peer)).toBe(false)
  side.link(wanted[0] as InstanceId)
  expect(side.lettingGo.closed(peer)).toBe(true)
})
