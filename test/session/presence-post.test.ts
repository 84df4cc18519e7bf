/** What goes to a neighbour of who is here: in as few messages as may be, and never in an order that makes ghosts. */
import { describe, expect, test } from 'vitest'
import { type InstanceId, idOf } from '../../src/base/ids.ts'
import type { MeshPeer } from '../../src/session/mesh-peer.ts'
import { PresencePost } from '../../src/session/presence-post.ts'
import { MAX_PRESENCES } from '../../src/wire/limits.ts'
import type { Message } from '../../src/wire/message.ts'

const instance = (n: number): InstanceId => idOf<InstanceId>(new Uint8Array(8).fill(n))
const presence = (n: number): Uint8Array => Uint8Array.of(n)

function ground(isCrowd: boolean) {
  const wakes: (() => void)[] = []
  const clock = {
    now: () => 0,
    wakeAfter: (_after: number, wake: () => void) => {
      wakes.push(wake)
      return () => void wakes.splice(wakes.indexOf(wake), 1)
    },
  }
  const sent: Message[] = []
  const link = { open: true, send: (message: Message) => sent.push(message) }
  const peer = { link } as unknown as MeshPeer
  const post = new PresencePost({ clock, isCrowd: () => isCrowd })
  const goOn = async (): Promise<void> => {
    for (const wake of wakes.splice(0)) wake()
    await Promise.resolve()
  }
  return { post, peer, link, sent, goOn, wakes }
}

describe('among a few', () => {
  test('what is passed on in one turn goes in one message, at its end', async () => {
    const { post, peer, sent, goOn, wakes } = ground(false)
    post.send(peer, instance(1), presence(1))
    post.send(peer, instance(2), presence(2))
    expect(sent).toEqual([])
    await goOn()
    expect(sent).toEqual([{ type: 'presence', presences: [presence(1), presence(2)] }])
    expect(wakes).toEqual([])
  })
})

describe('in a crowd', () => {
  test('of each instance the newest goes, after a moment', async () => {
    const { post, peer, sent, goOn } = ground(true)
    post.send(peer, instance(1), presence(1))
    await Promise.resolve()
    expect(sent).toEqual([])
    post.send(peer, instance(1), presence(2))
    await goOn()
    expect(sent).toEqual([{ type: 'presence', presences: [presence(2)] }])
  })

  test('who is missed is told after the presence since which it is missed', async () => {
    const { post, peer, sent, goOn } = ground(true)
    post.miss(peer, instance(1), 7)
    post.send(peer, instance(2), presence(2))
    post.miss(peer, instance(2), 3)
    await goOn()
    expect(sent).toEqual([
      { type: 'presence', presences: [presence(2)] },
      { type: 'missed', instance: instance(1), counter: 7 },
      { type: 'missed', instance: instance(2), counter: 3 },
    ])
  })

  test('whoever speaks up meanwhile is not missed', async () => {
    const { post, peer, sent, goOn } = ground(true)
    post.miss(peer, instance(1), 7)
    post.send(peer, instance(1), presence(8))
    await goOn()
    expect(sent).toEqual([{ type: 'presence', presences: [presence(8)] }])
  })

  test('more than a message holds goes in several', async () => {
    const { post, peer, sent, goOn } = ground(true)
    for (let n = 0; n < MAX_PRESENCES + 1; n++) post.send(peer, instance(n), presence(n))
    await goOn()
    expect(sent.map((message) => message.type === 'presence' && message.presences.length)).toEqual([
      MAX_PRESENCES,
      1,
    ])
  })

  test('nothing goes to a link that has closed, and nothing after the end', async () => {
    const { post, peer, link, sent, goOn, wakes } = ground(true)
    post.send(peer, instance(1), presence(1))
    link.open = false
    await goOn()
    link.open = true
    post.send(peer, instance(1), presence(1))
    post.stop()
    post.send(peer, instance(1), presence(1))
    await goOn()
    expect([sent, wakes]).toEqual([[], []])
  })
})
