/** Who is missed when a link is lost: its other side, and those behind it only when that one is gone. */
import { describe, expect, test } from 'vitest'
import { type InstanceId, idOf, type WriterId } from '../../src/base/ids.ts'
import type { GossipState } from '../../src/protocol/gossip-state.ts'
import { Company } from '../../src/session/company.ts'
import type { MeshPeer } from '../../src/session/mesh-peer.ts'
import { PRESENCE_GRACE_MS } from '../../src/wire/limits.ts'
import type { Message } from '../../src/wire/message.ts'
import { sealPresence } from '../../src/wire/presence.ts'
import { ben, crypto, cyd, fullRoster, type Person, session, vic } from '../protocol/log-fixture.ts'
import { VirtualTime } from '../sim/time.ts'

const instances = new Map(
  [ben, cyd, vic].map((who, n) => [who, idOf<InstanceId>(new Uint8Array(8).fill(n + 1))]),
)

function instanceOf(who: Person): InstanceId {
  const instance = instances.get(who)
  if (instance === undefined) throw new RangeError('nobody here')
  return instance
}

function presenceOf(who: Person, counter: number): Uint8Array {
  const said = {
    phase: 'active',
    place: 'front',
    hand: 'down',
    name: who.certificate.name,
    color: 0,
    cursor: undefined,
  } as const
  const writer = idOf<WriterId>(new Uint8Array(8).fill(9))
  const presence = { ...said, device: who.device, instance: instanceOf(who), writer, counter }
  return sealPresence(crypto, session, presence, who.sign)
}

/** Linked to Ben and, if there are `others`, to Vic; Cyd was heard of through Ben. */
function ground(others: 'others' | 'nobody else') {
  const clock = new VirtualTime()
  const peers = new Map<InstanceId, MeshPeer>()
  const missed: InstanceId[] = []
  const company = new Company({
    ...{ crypto, clock, session, roster: fullRoster(), peers },
    me: idOf<InstanceId>(new Uint8Array(8).fill(8)),
    gossip: { links: new Map() } as unknown as GossipState,
    step: () => undefined,
    listener: { presence: () => undefined, missedHere: () => undefined, carried: () => undefined },
  })
  const link = (who: Person): MeshPeer => {
    const send = (message: Message): void => {
      if (message.type === 'missed') missed.push(message.instance)
    }
    const remote = instanceOf(who)
    const peer = { device: who.device, link: { remote, open: true, send } } as unknown as MeshPeer
    peers.set(remote, peer)
    company.linked(peer)
    company.heard([presenceOf(who, 1)], peer)
    return peer
  }
  const bens = link(ben)
  company.heard([presenceOf(cyd, 1)], bens)
  const vics = others === 'others' ? link(vic) : undefined
  return {
    missed,
    lose: () => {
      peers.delete(instanceOf(ben))
      company.unlinked(instanceOf(ben), 'closed')
    },
    hear: (who: Person) => company.heard([presenceOf(who, 2)], vics as MeshPeer),
    pass: async (graces: number) => clock.pass(graces * PRESENCE_GRACE_MS, () => undefined),
    isHere: (who: Person) => company.presence.seen.has(instanceOf(who)),
  }
}

describe('a link that is lost beside others', () => {
  test('makes nobody missed but its other side, as long as that one speaks up', async () => {
    const { missed, lose, hear, pass, isHere } = ground('others')
    lose()
    await pass(0.5)
    hear(ben)
    await pass(5)
    expect(missed).toEqual([instanceOf(ben)])
    expect([isHere(ben), isHere(cyd)]).toEqual([true, true])
  })

  test('makes those missed whom it was the way to, once its other side is gone', async () => {
    const { missed, lose, pass, isHere } = ground('others')
    lose()
    await pass(1.5)
    expect(missed).toEqual([instanceOf(ben), instanceOf(cyd)])
    expect([isHere(ben), isHere(cyd)]).toEqual([false, true])
    await pass(1)
    expect(isHere(cyd)).toBe(false)
  })

  test('makes nobody missed who has been heard of another way since', async () => {
    const { missed, lose, hear, pass, isHere } = ground('others')
    lose()
    await pass(0.5)
    hear(cyd)
    await pass(5)
    expect(missed).toEqual([instanceOf(ben)])
    expect([isHere(ben), isHere(cyd)]).toEqual([false, true])
  })
})

test('the last link that is lost takes everybody with it at once', async () => {
  const { lose, pass, isHere } = ground('nobody else')
  lose()
  await pass(1.1)
  expect([isHere(ben), isHere(cyd)]).toEqual([false, false])
})
