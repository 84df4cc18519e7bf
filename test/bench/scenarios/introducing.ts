/**
 * The two signaling servers, each in a process of its own, with all their clients in this one.
 * Memory: 5,000 sockets from 100 addresses, in rooms of 50, that do nothing. Joins: to ours while those 5,000
 * wait, in all the rooms in turn; to theirs in one room of 50, with nobody else there.
 *
 * The figure is joins for each second of processor time the server took, because the clients would bound any
 * other: it is what one core can do, and what the machine does beside it hardly matters.
 */
import type { SignKeys } from '../../../src/crypto/crypto.ts'
import { loadCrypto } from '../../../src/crypto/sodium.ts'
import type { Product } from '../building.ts'
import {
  GREETED,
  type Guest,
  joinOurs,
  joinTheirs,
  THEIR_ANSWERS,
  waitAtOurs,
  waitAtTheirs,
} from '../introductions.ts'
import { attempt, type Effort, finding, type Outcomes, pause } from '../measuring.ts'
import { type ServerProcess, startNeighbourServer } from '../neighbour-server.ts'
import { startOwnServer } from '../own-server.ts'
import { processorSeconds, residentKilobytes } from '../process-cost.ts'
import type { Findings } from '../rows.ts'

const ROOM = 50
const ROOMS: Record<Effort, number> = { full: 100, quick: 20 }
const JOINS: Record<Product, Record<Effort, number>> = {
  ours: { full: 2_000, quick: 400 },
  theirs: { full: 200, quick: 30 },
}
/** Newcomers under way at once. */
const AT_ONCE = 4
/** What connecting left behind has been collected by then. */
const SETTLE_MS = 5_000
/** Today's and yesterday's topic of the members, and an invite's. */
const TOPICS_A_SESSION = 3

interface ServerCost {
  readonly kbPerSocket: number
  readonly joinsPerSecond: number
  readonly joinsPerSecondOnTheClock: number
}

export async function measureIntroducing(effort: Effort): Promise<Findings> {
  const costs: Outcomes<ServerCost> = {
    ours: await attempt('ours', () => measureOurs(effort)),
    theirs: await attempt('theirs', () => measureTheirs(effort)),
  }
  const onTheClock = (product: Product) => {
    const outcome = costs[product]
    const figure = outcome.phase === 'measured' ? Math.round(outcome.value.joinsPerSecondOnTheClock) : 'none'
    return `${product}, with the clients on the same machine: ${figure} joins/s`
  }
  const sockets = ROOMS[effort] * ROOM
  return {
    signaling_joins_per_s: finding(costs, JOINS.ours[effort], ({ joinsPerSecond }) => joinsPerSecond, [
      'joins for each second of processor time of the server',
      `ours: ${sockets} sockets wait in rooms of ${ROOM}; who joins says hello to ${GREETED}, exchanges descriptions and candidates with each, and comes back as a member`,
      `theirs: one room of ${ROOM}; ${THEIR_ANSWERS} of them exchange descriptions and candidates with who joins`,
      onTheClock('ours'),
      onTheClock('theirs'),
    ]),
    signaling_kb_per_idle_socket: finding(costs, sockets, ({ kbPerSocket }) => kbPerSocket, [
      `growth of the server's resident memory over ${sockets} sockets in rooms of ${ROOM}; ours wait in ${TOPICS_A_SESSION} topics each`,
    ]),
  }
}

async function measureOurs(effort: Effort): Promise<ServerCost> {
  const crypto = await loadCrypto()
  const server = await startOwnServer()
  const url = server.signaling
  const waiting: Guest[] = []
  try {
    const before = await residentKilobytes(server.process)
    const sessions: (readonly SignKeys[])[] = []
    for (let room = 0; room < ROOMS[effort]; room += 1) {
      const topics = Array.from({ length: TOPICS_A_SESSION }, () => crypto.signKeys())
      sessions.push(topics)
      const coming = Array.from({ length: ROOM }, () =>
        waitAtOurs(crypto, { url, address: addressOf(1, room), topics }),
      )
      waiting.push(...(await Promise.all(coming)))
    }
    const kbPerSocket = await growthOf(server, before, waiting.length)
    const join = (index: number) => {
      const topics = sessions[index % sessions.length] ?? []
      return joinOurs(crypto, { url, address: addressOf(2, index), topics })
    }
    return { kbPerSocket, ...(await rateOf(server, JOINS.ours[effort], join)) }
  } finally {
    for (const guest of waiting) guest.close()
    await server.close()
  }
}

async function measureTheirs(effort: Effort): Promise<ServerCost> {
  const crowded = await startNeighbourServer()
  const waiting: Guest[] = []
  let kbPerSocket: number
  try {
    const before = await residentKilobytes(crowded.process)
    for (let room = 0; room < ROOMS[effort]; room += 1) waiting.push(...(await fillRoom(crowded, room)))
    kbPerSocket = await growthOf(crowded, before, waiting.length)
  } finally {
    for (const guest of waiting) guest.close()
    await crowded.close()
  }
  const server = await startNeighbourServer()
  const room = await fillRoom(server, 0)
  try {
    const join = (index: number) =>
      joinTheirs({ url: urlOf(server), address: addressOf(2, index), room: 'room 0' }, `newcomer ${index}`)
    return { kbPerSocket, ...(await rateOf(server, JOINS.theirs[effort], join)) }
  } finally {
    for (const guest of room) guest.close()
    await server.close()
  }
}

/** One place is left for who joins. */
function fillRoom(server: ServerProcess, room: number): Promise<Guest[]> {
  const where = { url: urlOf(server), address: addressOf(1, room), room: `room ${room}` }
  const coming = Array.from({ length: ROOM - 1 }, (_, index) =>
    waitAtTheirs(where, { name: `member ${index}`, answers: index < THEIR_ANSWERS }),
  )
  return Promise.all(coming)
}

async function growthOf(server: ServerProcess, before: number, sockets: number): Promise<number> {
  await pause(SETTLE_MS)
  return ((await residentKilobytes(server.process)) - before) / sockets
}

/** Who has joined leaves, so that the room stays as it is. */
async function rateOf(
  server: ServerProcess,
  joins: number,
  join: (index: number) => Promise<Guest>,
): Promise<Pick<ServerCost, 'joinsPerSecond' | 'joinsPerSecondOnTheClock'>> {
  const [processorBefore, began] = [await processorSeconds(server.process), performance.now()]
  let next = 0
  const one = async () => {
    while (next < joins) {
      next += 1
      const guest = await join(next)
      guest.close()
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, one))
  const seconds = (await processorSeconds(server.process)) - processorBefore
  return {
    joinsPerSecond: joins / seconds,
    joinsPerSecondOnTheClock: (joins / (performance.now() - began)) * 1_000,
  }
}

/** By number, because a client that has an address of the fourth version cannot go to one of the sixth. */
function urlOf({ signaling }: ServerProcess): string {
  return signaling.replace('localhost', '127.0.0.1')
}

/** An address of this computer: all of 127.0.0.0/8 is. */
function addressOf(net: number, index: number): string {
  return `127.${net}.${(index >> 7) & 127}.${1 + (index & 127)}`
}
