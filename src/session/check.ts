/**
 * What works on this device and what does not, before anybody waits for anybody: WebRTC, the signaling server,
 * ways through routers, the relay, the disk. Says it in words (check-words.ts) and opens no session.
 *
 * Laws: nothing found here holds an address, a name or an id, so the report can be shown to anyone; everything
 * opened is closed again.
 */
import type { Clock } from '../base/ports.ts'
import type { Crypto } from '../crypto/crypto.ts'
import type { Dialer, Gather, Gathered, IceServer, SignalingConnector } from '../transport/port.ts'
import { type Finding, type Outcome, reportOf, sentenceOf } from './check-words.ts'
import { linkToItself } from './self-link.ts'
import { askServer } from './server-question.ts'

export interface CheckEnvironment {
  readonly crypto: Crypto
  readonly clock: Clock
  readonly dialer: Dialer
  readonly connector: SignalingConnector
  readonly gather: Gather
  readonly signaling: string | undefined
  /** Where this device keeps what is typed. */
  readonly keeps: () => Promise<'on-disk' | 'in-memory' | 'by-choice'>
  /** Program and system, nothing that tells people apart. */
  readonly platform: string
}

export interface CheckOptions {
  /** ws: or wss: address of the signaling server. Default in the browser: the page's own origin + /signal. */
  readonly signaling?: string
  /** Hears every finding as soon as there is one, in the order of the report. */
  readonly onFinding?: (finding: Finding) => void
}

export interface CheckReport {
  readonly findings: readonly Finding[]
  /** All of it as plain text, fit to be shown to anyone. */
  readonly text: string
}

const NO_WAYS: Gathered = { own: 0, outside: 0, relayed: 0 }

/** Takes up to 20 s where servers are silent, and under 1 s where all is well. Never rejects for what it finds. */
export async function check(environment: CheckEnvironment, options: CheckOptions = {}): Promise<CheckReport> {
  const findings: Finding[] = []
  const find = (outcome: Outcome): void => {
    const finding = sentenceOf(outcome)
    findings.push(finding)
    options.onFinding?.(finding)
  }
  const url = options.signaling ?? environment.signaling
  const asking = url === undefined ? undefined : askServer(environment, url)
  const keeping = environment.keeps()

  const link = await linkToItself(environment)
  const isBlocked = link === 'webrtc-blocked'
  find({ subject: 'webrtc', is: link === 'open' ? 'open' : isBlocked ? 'blocked' : 'stuck' })
  const answer = await asking
  find({ subject: 'signaling', is: answer?.kind ?? 'nowhere' })
  const offered = answer?.kind === 'answered' ? answer.iceServers : undefined
  for (const outcome of await findWays(environment.gather, isBlocked ? undefined : offered, url))
    find(outcome)
  find({ subject: 'storage', is: await keeping })

  return { findings, text: reportOf(findings, environment.platform, environment.clock.now()) }
}

/** @param offered by the server; `undefined`: nothing can be tried */
async function findWays(
  gather: Gather,
  offered: readonly IceServer[] | undefined,
  url: string | undefined,
): Promise<readonly Outcome[]> {
  const stun = serversOf(offered ?? [], 'stun')
  const turn = serversOf(offered ?? [], 'turn')
  const [near, far] = await Promise.all([
    gather({ iceServers: stun, enough: stun.length > 0 ? 'outside' : undefined }),
    turn.length === 0 ? NO_WAYS : gather({ iceServers: turn, relayOnly: true, enough: 'relayed' }),
  ])
  if (near === 'webrtc-blocked' || far === 'webrtc-blocked' || offered === undefined) {
    const ways = near === 'webrtc-blocked' ? NO_WAYS : near
    const seen = ways.own > 0 ? 'found' : 'none'
    return [
      { subject: 'addresses', is: near === 'webrtc-blocked' ? 'untried' : seen, ways },
      { subject: 'stun', is: 'untried' },
      { subject: 'turn', is: 'untried' },
    ]
  }
  const ways = { ...near, relayed: far.relayed }
  const silentStun = stun.length > 0 ? 'silent' : isOnThisComputer(url) ? 'not-needed' : 'not-offered'
  return [
    { subject: 'addresses', is: ways.own + ways.outside + ways.relayed > 0 ? 'found' : 'none', ways },
    { subject: 'stun', is: ways.outside > 0 ? 'answers' : silentStun },
    { subject: 'turn', is: ways.relayed > 0 ? 'answers' : turn.length > 0 ? 'silent' : 'not-offered' },
  ]
}

/** Of each server what speaks this protocol, the encrypted kind included. */
function serversOf(servers: readonly IceServer[], scheme: 'stun' | 'turn'): readonly IceServer[] {
  return servers.flatMap((server) => {
    const urls = server.urls.filter((url) => url.startsWith(`${scheme}:`) || url.startsWith(`${scheme}s:`))
    return urls.length === 0 ? [] : [{ ...server, urls }]
  })
}

function isOnThisComputer(url: string | undefined): boolean {
  if (url === undefined || !URL.canParse(url)) return false
  return /^(?:localhost|127\..*|\[::1\])$/.test(new URL(url).hostname)
}
