/** A crowd over real WebRTC in one process, and what a sudden loss of a third of it costs the rest. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createSignalingServer } from '../../signaling/index.ts'
import { MAX_LINKS } from '../../src/protocol/overlay.ts'
import type { Session } from '../../src/session/public.ts'
import { until } from '../e2e/waiting.ts'
import { textOf } from '../session/town.ts'
import { type MortalDevice, mortalDevice } from './mortal.ts'

const PEERS = 32
const KILLED = Math.floor(PEERS * 0.3)
/** Who knocks at once. */
const ABREAST = 2
const MOST_TRIES = 4
/** Milliseconds until the rest is whole again: 10 s until the dead are noticed, and what two busy cores need to link anew. */
const WHOLE_WITHIN = 40_000

interface Peer {
  readonly device: MortalDevice
  readonly session: Session
}

let server: Awaited<ReturnType<ReturnType<typeof createSignalingServer>['listen']>>
let everybody: Peer[] = []

beforeAll(async () => {
  server = await createSignalingServer({ port: 0 }).listen()
})
afterAll(async () => {
  await Promise.all(everybody.map(({ session }) => session.leave()))
  for (const { device } of everybody) device.bury()
  await server.close()
})

test(`of ${PEERS} real peers ${KILLED} die at once: the rest is linked and has one text again`, {
  timeout: 180_000,
}, async () => {
  everybody = await gather()
  await edit(everybody, 'a')
  const gone = everybody.filter((_, index) => index % 10 < 3).slice(0, KILLED)
  const rest = everybody.filter((peer) => !gone.includes(peer))
  for (const { device } of gone) device.kill()
  await edit(rest, 'b')
  await whole(rest)
  const most = async (): Promise<number> => Math.max(...rest.map(({ session }) => session.peers.length))
  const few = `nobody holds more than ${MAX_LINKS} links`
  expect(await until(few, most, (links) => links <= MAX_LINKS, WHOLE_WITHIN)).toBeGreaterThan(1)
})

async function gather(): Promise<Peer[]> {
  const signaling = `ws://localhost:${server.port}/signal`
  const device = mortalDevice(signaling)
  const session = await device.api.createSession({ name: 'Ada' })
  const { url } = await session.invite({ role: 'editor', uses: PEERS })
  const peers: Peer[] = [{ device, session }]
  const join = async (): Promise<void> => {
    while (peers.length < PEERS) {
      const place = peers.length
      const another = mortalDevice(signaling)
      const reserved: { device: MortalDevice; session: Session } = { device: another, session }
      peers.push(reserved)
      reserved.session = await knock(another, url, `Guest ${place}`)
    }
  }
  await Promise.all(Array.from({ length: ABREAST }, join))
  await whole(peers)
  return peers
}

/** As a person does who is told that it did not work this time. */
async function knock({ api }: MortalDevice, url: string, name: string): Promise<Session> {
  for (let tries = 1; ; tries++) {
    try {
      return await api.joinSession(url, { name })
    } catch (error) {
      if (tries === MOST_TRIES) throw error
    }
  }
}

/** Everybody sees exactly these here, over a few links each. */
async function whole(peers: readonly Peer[]): Promise<void> {
  const seen = async (): Promise<number[]> =>
    peers.map(({ session }) => session.members.filter(({ here }) => here).length)
  await until(
    `${peers.length} see each other`,
    seen,
    (counts) => counts.every((count) => count === peers.length),
    WHOLE_WITHIN,
  )
}

/** Everybody types one letter; everybody ends with all of them. */
async function edit(peers: readonly Peer[], letter: string): Promise<void> {
  for (const { session } of peers) session.doc.getText('main').insert(0, letter)
  const count = (text: string): number => text.split(letter).length - 1
  await until(
    `${peers.length} have one text`,
    async () => [...new Set(peers.map(({ session }) => textOf(session)))].map(count),
    (counts) => counts.length === 1 && counts[0] === peers.length,
    WHOLE_WITHIN,
  )
}
