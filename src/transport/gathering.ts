/**
 * Looks which ways lead to this device, without connecting to anybody: kinds of candidates and how many, never
 * the addresses themselves.
 *
 * Invariant: no connection and no timer is left when the promise settles.
 */
import type { CandidateKind, Gather, Gathered } from './port.ts'

/** A server that says nothing is asked again for 9.5 s (RFC 8489); who waits has seen enough before. */
const GATHER_MS = 6_000
const KINDS: Readonly<Record<string, CandidateKind>> = {
  host: 'own',
  srflx: 'outside',
  prflx: 'outside',
  relay: 'relayed',
}

/** @param Connection the platform's RTCPeerConnection; `undefined` where there is none */
export function gatherWith(Connection: typeof RTCPeerConnection | undefined): Gather {
  return async ({ iceServers, relayOnly, enough }) => {
    if (Connection === undefined) return 'webrtc-blocked'
    let connection: RTCPeerConnection
    try {
      connection = new Connection({
        iceServers: iceServers.map((server) => ({ ...server, urls: [...server.urls] })),
        iceTransportPolicy: relayOnly === true ? 'relay' : 'all',
      })
    } catch {
      return 'webrtc-blocked' // whatever the reason, no connection will ever be made here
    }
    try {
      return await search(connection, enough)
    } finally {
      connection.close()
    }
  }
}

async function search(connection: RTCPeerConnection, enough: CandidateKind | undefined): Promise<Gathered> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, GATHER_MS)
    connection.addEventListener('icecandidate', ({ candidate }) => {
      if (candidate === null || (enough !== undefined && kindOf(candidate.candidate) === enough)) resolve()
    })
    connection.addEventListener('icegatheringstatechange', () => {
      if (connection.iceGatheringState === 'complete') resolve()
    })
  })
  try {
    connection.createDataChannel('check')
    await connection.setLocalDescription(await connection.createOffer())
    await over
  } finally {
    clearTimeout(timer)
  }
  return countIn(connection.localDescription?.sdp ?? '')
}

/** The description holds every candidate found so far, also those that no event has told of yet. */
function countIn(sdp: string): Gathered {
  const found: Record<CandidateKind, number> = { own: 0, outside: 0, relayed: 0 }
  for (const line of sdp.split(/\r?\n/)) {
    const kind = line.startsWith('a=candidate:') ? kindOf(line) : undefined
    if (kind !== undefined) found[kind] += 1
  }
  return found
}

function kindOf(candidate: string): CandidateKind | undefined {
  return KINDS[/ typ (\w+)/.exec(candidate)?.[1] ?? '']
}
