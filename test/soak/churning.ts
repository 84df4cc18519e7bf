/**
 * Eight devices over real WebRTC in this process that edit, leave, come back and open second tabs, for as long as
 * wanted: at the end all have one text, and memory is where it was.
 * The text keeps its size, because a text that grows takes memory by right.
 */
import { createHash } from 'node:crypto'
import { createMemoryStore, createNode, type Session } from '../../src/node.ts'
import type { SessionStore, Store } from '../../src/storage/port.ts'
import { until } from '../e2e/waiting.ts'
import { type Chance, chanceFrom } from '../sim/chance.ts'
import { type Weighing, weigh } from './memory.ts'

export const DEVICES = 8
/** Characters the text is cut back to, by those who edit. */
const TEXT_UNITS = 4_000
/** Milliseconds between two edits of somebody, and between somebody's coming or going. */
const EDIT_MS = 100
const CHURN_MS = 2_000
/** Milliseconds until all have one text once nobody edits. */
const QUIET_WITHIN = 20_000

type Api = ReturnType<typeof createNode>

/** One device: its disk outlives its sessions. `tabs` are those that are open. */
interface Seat {
  readonly api: Api
  localId: string
  tabs: Session[]
}

export interface ChurningOptions {
  /** ws: address of the signaling server. */
  readonly signaling: string
  readonly milliseconds: number
  readonly seed: number
  readonly weighEvery: number
  readonly weighed?: (weighing: Weighing) => void
}

export interface Churned {
  readonly edits: number
  /** Sessions opened again, after leaving or as second tabs. */
  readonly openings: number
  readonly weighings: readonly Weighing[]
}

/** @throws Error when somebody's text differs at the end, or a session does not open */
export async function churn(options: ChurningOptions): Promise<Churned> {
  const seats = await seatAll(options.signaling)
  try {
    const churned = await live(seats, options)
    await sameText(seats)
    return churned
  } finally {
    await Promise.all(seats.flatMap(({ tabs }) => tabs.map((tab) => tab.leave())))
  }
}

async function seatAll(signaling: string): Promise<Seat[]> {
  const seat = (session: Session, api: Api): Seat => ({ api, localId: session.localId, tabs: [session] })
  const device = (): Api => createNode({ signaling, store: shortMemory() })
  const first = device()
  const owner = await first.createSession({ name: 'Device 1' })
  owner.doc.getText('main').insert(0, '0'.repeat(TEXT_UNITS))
  const { url } = await owner.invite({ role: 'editor', uses: DEVICES })
  const seats = [seat(owner, first)]
  while (seats.length < DEVICES) {
    const api = device()
    seats.push(seat(await api.joinSession(url, { name: `Device ${seats.length + 1}` }), api))
  }
  return seats
}

/** A disk in memory that keeps no entries older than the newest checkpoint: those are the disk's, not memory's. */
function shortMemory(): Store {
  const store = createMemoryStore()
  const keepingLittle = (session: SessionStore): SessionStore => ({
    ...session,
    write: (changes, durability) =>
      session.write(
        changes.filter((change) => !('put' in change && change.put === 'history')),
        durability,
      ),
  })
  return {
    ...store,
    create: async (localId) => keepingLittle(await store.create(localId)),
    open: async (localId) => {
      const session = await store.open(localId)
      return session && keepingLittle(session)
    },
  }
}

async function live(seats: readonly Seat[], options: ChurningOptions): Promise<Churned> {
  const { milliseconds, weighEvery, weighed } = options
  const chance = chanceFrom(options.seed)
  const began = Date.now()
  const weighings: Weighing[] = []
  let [edits, openings] = [0, 0]
  const turns = every(EDIT_MS, () => {
    edits += editSomewhere(seats, chance)
  })
  while (Date.now() - began < milliseconds) {
    await pause(CHURN_MS)
    openings += await comeOrGo(seats, chance)
    if (Date.now() - began < (weighings.length + 1) * weighEvery) continue
    const weighing = weigh(began)
    weighings.push(weighing)
    weighed?.(weighing)
  }
  turns.stop()
  return { edits, openings, weighings }
}

/** One character in, and one out when the text is long enough. @returns edits made */
function editSomewhere(seats: readonly Seat[], chance: Chance): number {
  const { tabs } = chance.pick(seats)
  if (tabs.length === 0) return 0
  const { doc } = chance.pick(tabs)
  const text = doc.getText('main')
  doc.transact(() => {
    text.insert(chance.below(text.length + 1), String.fromCharCode(97 + chance.below(26)))
    if (text.length > TEXT_UNITS) text.delete(chance.below(text.length), 1)
  })
  return 1
}

/** Somebody leaves, comes back, opens a second tab or closes one. Two at least stay. @returns sessions opened */
async function comeOrGo(seats: readonly Seat[], chance: Chance): Promise<number> {
  const seat = chance.pick(seats)
  const present = seats.filter(({ tabs }) => tabs.length > 0).length
  if (seat.tabs.length === 0 || (seat.tabs.length === 1 && (present <= 2 || chance.oneIn(2)))) {
    seat.tabs.push(await seat.api.openSession(seat.localId))
    return 1
  }
  await seat.tabs.splice(chance.below(seat.tabs.length), 1)[0]?.leave()
  return 0
}

async function sameText(seats: readonly Seat[]): Promise<void> {
  for (const seat of seats)
    if (seat.tabs.length === 0) seat.tabs.push(await seat.api.openSession(seat.localId))
  const tabs = seats.flatMap((seat) => seat.tabs)
  const look = async (): Promise<string[]> => tabs.map(standingOf)
  const isOne = (standings: readonly string[]): boolean => new Set(standings.map(textIn)).size === 1
  await until('all have one text', look, isOne, QUIET_WITHIN)
}

/** For a failure: which text, and what the session says of itself. */
function standingOf({ doc, status, peers }: Session): string {
  const text = createHash('sha256').update(doc.getText('main').toString()).digest('hex').slice(0, 8)
  return `${text} ${status.phase}, ${status.unshared} unshared, ${peers.length} links`
}

function textIn(standing: string): string {
  return standing.slice(0, 8)
}

function every(milliseconds: number, work: () => void): { stop: () => void } {
  const timer = setInterval(work, milliseconds)
  return { stop: () => clearInterval(timer) }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}
