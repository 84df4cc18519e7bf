/**
 * Peers in Node over real data channels, all in one process: what a key costs among 128, and how long fifty take
 * that come at once.
 */
import type { Session } from '../../../src/session/public.ts'
import { watchEntryMessages } from '../entry-messages.ts'
import { type Effort, pause, within } from '../measuring.ts'
import { type NodePeer, nodePeers, untilAll } from '../node-peers.ts'
import { startOwnServer } from '../own-server.ts'
import { madeUpText } from '../page/made-up-text.ts'
import type { Findings } from '../rows.ts'
import { median } from '../statistics.ts'

const CROWD = 128
/** So many come at once to the crowd of 128: how they come is not what is measured there. */
const COMING = 8
const CROWD_DEADLINE = 300_000
const SETTLE_MS = 15_000
const WARM_UP_KEYS = 10
const KEYS: Record<Effort, number> = { full: 40, quick: 10 }
const KEY_PAUSE_MS = 250
const ARRIVE_DEADLINE = 30_000

const BURST = 50
const BURST_ROUNDS: Record<Effort, number> = { full: 3, quick: 1 }
const BURST_DEADLINE = 120_000
const BURST_TEXT_UNITS = 128 * 1_024

export async function measureNodeCrowd(effort: Effort): Promise<Findings> {
  const server = await startOwnServer()
  const sessions: Session[] = []
  try {
    const peer = await nodePeers(server.signaling)
    await within(CROWD_DEADLINE, `a crowd of ${CROWD} in Node`, gather(peer, sessions))
    await pause(SETTLE_MS)
    await typeKeys(sessions, WARM_UP_KEYS)
    let sends = 0
    const stop = watchEntryMessages(() => {
      sends += 1
    })
    await typeKeys(sessions, KEYS[effort])
    stop()
    const links = sessions.map(({ peers }) => peers.length)
    const notes = [
      `${CROWD} peers in one process; links of a peer: ${median(links)} at the median, ${Math.max(...links)} at most`,
    ]
    const ours = sends / KEYS[effort]
    return { sends_per_key_n128: { ours, theirs: null, rounds: KEYS[effort], notes } }
  } finally {
    await leaveAll(sessions)
    await server.close()
  }
}

async function gather(peer: () => NodePeer, sessions: Session[]): Promise<void> {
  const host = await peer().api.createSession({ name: 'Host' })
  sessions.push(host)
  const { url } = await host.invite({ role: 'editor', uses: CROWD })
  while (sessions.length < CROWD) {
    const coming = Array.from({ length: Math.min(COMING, CROWD - sessions.length) }, (_, index) =>
      peer().api.joinSession(url, { name: `Guest ${sessions.length + index}` }),
    )
    sessions.push(...(await Promise.all(coming)))
  }
  await untilAll(sessions, ({ members }) => members.filter(({ here }) => here).length === CROWD)
}

/** Types at the first one's, until everybody has it all. */
async function typeKeys(sessions: readonly Session[], count: number): Promise<void> {
  const text = sessions[0]?.doc.getText('main')
  if (!text) throw new RangeError('nobody types')
  for (let key = 0; key < count; key += 1) {
    text.insert(text.length, 'k')
    await pause(KEY_PAUSE_MS)
  }
  const arrived = untilAll(sessions, (session) => session.doc.getText('main').length === text.length)
  await within(ARRIVE_DEADLINE, 'arriving everywhere', arrived)
}

interface Burst {
  readonly took: number
  /** How many times the peer that sent the document most often sent it. */
  readonly mostSends: number
}

export async function measureBurst(effort: Effort): Promise<Findings> {
  const rounds = BURST_ROUNDS[effort]
  const bursts: Burst[] = []
  for (let round = 0; round < rounds; round += 1) {
    bursts.push(await within(BURST_DEADLINE, `${BURST} who come at once`, burst()))
  }
  const shape = { theirs: null, rounds }
  const times = bursts.map(({ took }) => Math.round(took)).join(', ')
  return {
    join_burst_50_ms: {
      ...shape,
      ours: median(bursts.map(({ took }) => took)),
      notes: [`until the last has the whole text; each round: ${times} ms`],
    },
    join_burst_50_most_sends: {
      ...shape,
      ours: Math.max(...bursts.map(({ mostSends }) => mostSends)),
      notes: ['links over which one peer sent half of the document or more; the worst peer of all rounds'],
    },
  }
}

async function burst(): Promise<Burst> {
  const server = await startOwnServer()
  const sessions: Session[] = []
  try {
    const makePeer = await nodePeers(server.signaling)
    const peers = Array.from({ length: BURST + 1 }, makePeer)
    const [first, ...others] = peers as [NodePeer, ...NodePeer[]]
    const host = await first.api.createSession({ name: 'Host' })
    sessions.push(host)
    host.doc.getText('main').insert(0, madeUpText(BURST_TEXT_UNITS))
    const { url } = await host.invite({ role: 'editor', uses: BURST })
    await host.saved()
    const began = performance.now()
    const coming = others.map(({ api }, index) => api.joinSession(url, { name: `Guest ${index}` }))
    const joined = await Promise.allSettled(coming)
    sessions.push(...joined.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : [])))
    for (const each of joined) if (each.status === 'rejected') throw each.reason
    await untilAll(sessions, (session) => session.doc.getText('main').length === BURST_TEXT_UNITS)
    return { took: performance.now() - began, mostSends: Math.max(...peers.map(sendsOfDocument)) }
  } finally {
    await leaveAll(sessions)
    await server.close()
  }
}

function sendsOfDocument({ sent }: NodePeer): number {
  return sent.filter(({ bytes }) => bytes >= BURST_TEXT_UNITS / 2).length
}

async function leaveAll(sessions: readonly Session[]): Promise<void> {
  await Promise.all(sessions.map((session) => session.leave()))
}
