/**
 * What a lying member does at once, when its script says so: one trick each, on the links it has. What it goes on doing
 * from then on is a habit (hand.ts).
 */
import { EMPTY } from '../../src/base/bytes.ts'
import { type BlobId, type InstanceId, idOf, type WriterId } from '../../src/base/ids.ts'
import { headsOf } from '../../src/protocol/log.ts'
import { appliedHeads } from '../../src/protocol/rebase.ts'
import type { PeerLink } from '../../src/session/peer-link.ts'
import { type Checkpoint, encodeCheckpoint } from '../../src/wire/checkpoint.ts'
import type { Entry } from '../../src/wire/entry.ts'
import type { Head } from '../../src/wire/heads.ts'
import { MAX_CARRY_HOPS } from '../../src/wire/limits.ts'
import type { Message } from '../../src/wire/message.ts'
import { crafted } from '../attack/crafted.ts'
import { struct, updateOf } from '../doc/tools.ts'
import type { Chance } from './chance.ts'
import type { Pen } from './pen.ts'

/** What a trick has to work with. */
export interface Scene {
  readonly chance: Chance
  readonly pen: Pen
  readonly links: readonly PeerLink[]
  /** Presences of others that came by. */
  readonly presences: readonly Uint8Array[]
}

const CRAFTED = [
  ...[
    'array bomb',
    'struct count 2^32',
    'garbage',
    'clock 2^53',
    'clock squat',
    'forged author',
    'clock gap',
  ],
  ...['two clients', 'delete poison', 'dangling origin', 'future origin, own client', 'self parent'],
  ...['foreign root', 'skip struct', 'prototype', 'deep Any', 'subdocument', 'trailing bytes'],
  ...['overlong varint', 'V2 merge hang', 'empty text'],
]
const FLOOD = 200
const HUGE = 2 ** 40

export const TRICKS = {
  fork({ chance, pen, links }) {
    if (links.length < 2) return
    const writer = pen.writer()
    for (let common = chance.below(3); common > 0; common--) {
      const entry = writer.write(letter(writer.clientID, writer.clock++))
      for (const link of links) link.sendEntries([entry], 'live')
    }
    const branch = writer.twin()
    links[0]?.sendEntries([writer.write(letter(writer.clientID, writer.clock, 'A'))], 'live')
    links[1]?.sendEntries([branch.write(letter(branch.clientID, branch.clock, 'B'))], 'live')
  },
  'tell one only'({ chance, pen, links }) {
    if (links.length === 0) return
    const writer = pen.writer()
    const entries = Array.from({ length: 1 + chance.below(4) }, () =>
      writer.write(letter(writer.clientID, writer.clock++)),
    )
    chance.pick(links).sendEntries(entries, 'live')
  },
  'leave a gap'({ chance, pen, links }) {
    if (links.length === 0) return
    const writer = pen.writer()
    const entries = Array.from({ length: 3 }, () => writer.write(letter(writer.clientID, writer.clock++)))
    chance.pick(links).sendEntries(entries.slice(1), 'live')
  },
  'crafted update'({ chance, pen, links }) {
    const writer = pen.writer()
    const known = chance.pick([...pen.replica.log.byClient.keys(), 2])
    const entry = writer.write(crafted(chance.pick(CRAFTED), writer.clientID, known))
    for (const link of links) link.sendEntries([entry], 'live')
  },
  'bits turned'({ chance, pen, links }) {
    const entry = anEntry(pen, chance)
    if (entry === undefined || links.length === 0) return
    const ciphertext = entry.ciphertext.slice()
    const at = chance.below(ciphertext.length)
    ciphertext[at] = (ciphertext[at] ?? 0) ^ (1 << chance.below(8))
    chance.pick(links).sendEntries([{ ...entry, ciphertext }], 'live')
  },
  repeat({ chance, pen, links }) {
    const entries = [...pen.replica.log.chains.values()].flatMap((chain) =>
      chain.entries.map((one) => one.entry),
    )
    if (links.length === 0 || entries.length === 0) return
    const link = chance.pick(links)
    for (let times = 0; times < 3; times++) {
      const shuffled = entries.map((entry) => ({ entry, at: chance.number() })).sort((a, b) => a.at - b.at)
      for (const { entry } of shuffled) link.sendEntries([entry], chance.pick(['live', 'bulk']))
    }
  },
  'false checkpoint'({ chance, pen, links }) {
    const { replica } = pen
    const { document, log } = replica
    const honest: Checkpoint = {
      heads: appliedHeads(log),
      free: [],
      digest: replica.digest(),
      state: { kind: 'inline', bytes: document.encodeState() },
    }
    const lies: Partial<Checkpoint>[] = [
      { digest: chance.bytes(16) },
      { heads: honest.heads.slice(1) },
      { heads: honest.heads.map((head) => ({ ...head, nextClock: head.nextClock + 1 })) },
      { heads: honest.heads.map((head) => ({ ...head, id: idOf(chance.bytes(32)) })) },
      { state: { kind: 'inline', bytes: chance.bytes(40) } },
      {},
    ]
    const writer = pen.writer()
    const entry = writer.write(encodeCheckpoint({ ...honest, ...chance.pick(lies) }), 'checkpoint')
    for (const link of links) link.sendEntries([entry], 'live')
  },
  'false heads'(scene) {
    for (const link of scene.links)
      link.send({
        type: 'heads',
        answer: scene.chance.oneIn(2),
        seen: scene.chance.below(500),
        heads: falseHeads(scene),
      })
  },
  'false acknowledgements'({ chance, pen, links }) {
    const acknowledgements = [...pen.replica.log.chains.values()].map(({ device, writer }) => ({
      ...{ device, writer },
      held: chance.below(200),
    }))
    for (const link of links) link.send({ type: 'ack', acknowledgements })
  },
  'false digests'({ chance, links }) {
    const digest = (): Uint8Array => chance.bytes(16)
    for (const link of links)
      link.send({ type: 'digest', roster: digest(), held: digest(), applied: digest(), state: digest() })
  },
  'announce for ever'({ chance, links }) {
    for (const link of links) link.send({ type: 'sending', bytes: 1 + chance.below(2) * HUGE })
  },
  'prune everything'({ pen, links }) {
    for (const device of pen.replica.roster.joins.keys())
      for (const link of links) link.send({ type: 'prune', device })
  },
  'presence of others'({ chance, links, presences }) {
    if (presences.length === 0) return
    const bytes = chance.pick(presences).slice()
    if (chance.oneIn(2)) bytes[chance.below(bytes.length)] = chance.below(256)
    for (const link of links) link.send({ type: 'presence', presences: [bytes] })
  },
  'carry and miss'({ chance, links, pen }) {
    const somebody = (): InstanceId =>
      chance.oneIn(2) && links.length > 0 ? chance.pick(links).remote : idOf(chance.bytes(8))
    for (const link of links) {
      for (let times = 0; times < 20; times++) {
        const blob = chance.bytes(chance.below(64))
        link.send({
          type: 'carry',
          to: somebody(),
          from: somebody(),
          hops: chance.below(MAX_CARRY_HOPS),
          blob,
        })
        link.send({ type: 'missed', instance: somebody(), counter: chance.below(20) })
      }
      const head = headsOf(pen.replica.log)[0]
      if (head !== undefined) link.send({ type: 'graft', device: head.device })
    }
  },
  flood({ chance, links, pen }) {
    if (links.length === 0) return
    const link = chance.pick(links)
    const blob = idOf<BlobId>(chance.bytes(32))
    const said: Message[] = [
      { type: 'blob-want', blob, from: chance.below(8_000) },
      { type: 'blob-missing', blob },
      { type: 'blob-piece', blob, index: 0, piece: chance.bytes(100) },
      { type: 'sending', bytes: 0 },
      { type: 'heads', answer: true, seen: 0, heads: [] },
      { type: 'heads', answer: true, seen: 0, heads: headsOf(pen.replica.log) },
      { type: 'ack', acknowledgements: [] },
    ]
    for (let times = 0; times < FLOOD; times++) link.send(chance.pick(said))
  },
  'out of turn'({ chance, links }) {
    if (links.length === 0) return
    chance.pick(links).send({ type: 'welcome', epochKeys: [], admitterKey: undefined })
  },
  noise({ chance, links }) {
    if (links.length > 0) chance.pick(links).channel.send(chance.bytes(1 + chance.below(400)))
  },
  'empty roster'({ links }) {
    for (const link of links) link.send({ type: 'roster', records: [EMPTY], joins: [] })
  },
} as const satisfies Record<string, (scene: Scene) => void>

export type Trick = keyof typeof TRICKS

/** Held more, less, under other ids; chains nobody wrote. */
export function falseHeads({ chance, pen }: Pick<Scene, 'chance' | 'pen'>): Head[] {
  const heads = headsOf(pen.replica.log).map((head): Head => {
    const held = Math.max(1, head.held + chance.pick([0, 0, -2, -1, 1, 5, 100]))
    const heldId = chance.oneIn(4) ? idOf<Head['heldId']>(chance.bytes(32)) : head.heldId
    return {
      ...head,
      held,
      heldId,
      applied: Math.min(head.applied, held),
      ended: chance.oneIn(12) || head.ended,
    }
  })
  const [first] = heads
  if (first !== undefined && chance.oneIn(2))
    heads.push({ ...first, writer: idOf<WriterId>(chance.bytes(8)), held: 3, applied: 3, ended: false })
  return heads.filter(() => !chance.oneIn(6))
}

function letter(clientID: number, clock: number, text = 'z'): Uint8Array {
  const origin = clock > 0 ? { client: clientID, clock: clock - 1 } : undefined
  return updateOf(clientID, clock, struct({ parent: 'main', text, origin }))
}

function anEntry(pen: Pen, chance: Chance): Entry | undefined {
  const chains = [...pen.replica.log.chains.values()].filter(({ entries }) => entries.length > 0)
  return chains.length === 0 ? undefined : chance.pick(chance.pick(chains).entries).entry
}
