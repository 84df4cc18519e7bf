/** The words of a check: a sentence for every outcome that says what it means for the person, and the report. */
import type { Millis } from '../base/ports.ts'
import type { Gathered } from '../transport/port.ts'
import type { ServerAnswer } from './server-question.ts'

export type CheckSubject = 'webrtc' | 'signaling' | 'addresses' | 'stun' | 'turn' | 'storage'

/** Why a subject works or does not; each has its sentence. */
export type Outcome =
  | { readonly subject: 'webrtc'; readonly is: 'open' | 'blocked' | 'stuck' }
  | { readonly subject: 'signaling'; readonly is: ServerAnswer['kind'] | 'nowhere' }
  | { readonly subject: 'addresses'; readonly is: 'found' | 'none' | 'untried'; readonly ways: Gathered }
  | { readonly subject: 'stun'; readonly is: 'answers' | 'silent' | 'not-offered' | 'not-needed' | 'untried' }
  | { readonly subject: 'turn'; readonly is: 'answers' | 'silent' | 'not-offered' | 'untried' }
  | { readonly subject: 'storage'; readonly is: 'on-disk' | 'in-memory' | 'by-choice' }

export type Verdict = 'works' | 'fails' | 'not-there'

export interface Finding {
  readonly subject: CheckSubject
  /** What the subject is called on screen. */
  readonly name: string
  readonly verdict: Verdict
  readonly sentence: string
}

const NAMES: Readonly<Record<CheckSubject, string>> = {
  webrtc: 'WebRTC',
  signaling: 'Server',
  addresses: 'Ways to this device',
  stun: 'Direct way (STUN)',
  turn: 'Relay (TURN)',
  storage: 'Storage',
}

type Words = Readonly<Record<string, readonly [Verdict, string]>>

const WEBRTC: Words = {
  open: ['works', 'This device can open encrypted connections.'],
  blocked: [
    'fails',
    'WebRTC is blocked, by the browser, an extension or a VPN. Allow it, or use another browser.',
  ],
  stuck: [
    'fails',
    'WebRTC is here, but this device cannot even connect to itself. A firewall on it may be the reason.',
  ],
}
const SIGNALING: Words = {
  answered: ['works', 'The server answers and lets this device in.'],
  unreachable: ['fails', 'The server cannot be reached. People already connected stay connected.'],
  nonsense: [
    'fails',
    'Something answers there, but not as this server should. A proxy may stand in between.',
  ],
  nowhere: ['fails', 'No server was named.'],
}
const STUN: Words = {
  answers: ['works', 'The server sees this device, so a direct connection through your router can be found.'],
  silent: ['fails', 'No answer from STUN: UDP seems to be blocked. Others then need a relay to reach you.'],
  'not-offered': [
    'not-there',
    'This server offers no STUN. People in other networks may not reach you directly.',
  ],
  'not-needed': ['not-there', 'Not needed: the server runs on this computer.'],
  untried: ['not-there', 'Not tried.'],
}
const TURN: Words = {
  answers: [
    'works',
    'The relay lets this device in. It is used where nothing direct is possible, or to hide your address.',
  ],
  silent: ['fails', 'The relay does not answer. Where nothing direct is possible, there is no connection.'],
  'not-offered': [
    'not-there',
    'This server offers no relay. Where nothing direct is possible, there is no connection.',
  ],
  untried: ['not-there', 'Not tried.'],
}
const STORAGE: Words = {
  'on-disk': ['works', 'What you type is kept on this device, sealed.'],
  'in-memory': ['fails', 'Nothing is kept here: text is only in memory, until this closes.'],
  'by-choice': ['not-there', 'This program keeps sessions in memory, unless it is given a store.'],
}

export function sentenceOf(outcome: Outcome): Finding {
  const { subject, is } = outcome
  if (subject === 'addresses') {
    const verdict = is === 'found' ? 'works' : is === 'none' ? 'fails' : 'not-there'
    return { subject, name: NAMES[subject], verdict, sentence: waysSentence(is, outcome.ways) }
  }
  const words = { webrtc: WEBRTC, signaling: SIGNALING, stun: STUN, turn: TURN, storage: STORAGE }[subject]
  const [verdict, sentence] = words[is] as readonly [Verdict, string]
  return { subject, name: NAMES[subject], verdict, sentence }
}

function waysSentence(is: 'found' | 'none' | 'untried', { own, outside, relayed }: Gathered): string {
  if (is === 'untried') return 'Not tried.'
  if (is === 'none') return 'No network was found that others could reach this device through.'
  const ways = [
    own > 0 ? `${own} in your own network` : [],
    outside > 0 ? `${outside} as seen from outside` : [],
    relayed > 0 ? `${relayed} through the relay` : [],
  ]
  return `Found: ${ways.flat().join(', ')}.`
}

const MARKS: Readonly<Record<Verdict, string>> = { works: 'works', fails: 'FAILS', 'not-there': 'none' }

export function reportOf(findings: readonly Finding[], platform: string, now: Millis): string {
  const minute = `${new Date(now).toISOString().slice(0, 16)}Z`
  const lines = findings.map(({ name, verdict, sentence }) => `${name}: ${MARKS[verdict]}. ${sentence}`)
  return [`Coterie check, ${minute}, ${platform}`, ...lines, ''].join('\n')
}

/** By their marks in a user agent; those that also bear another's mark come first. */
const BROWSERS: readonly (readonly [string, RegExp])[] = [
  ['Edge', /Edg\/(\d+)/],
  ['Opera', /OPR\/(\d+)/],
  ['Firefox', /(?:Firefox|FxiOS)\/(\d+)/],
  ['Chrome', /(?:Chrome|CriOS)\/(\d+)/],
  ['Safari', /Version\/(\d+).*Safari/],
]

/** Browser and system of a user agent, with no more than the main version: "Firefox 140, Linux". */
export function platformOf(userAgent: string): string {
  const system = /Android|iPhone|iPad|Windows|Mac OS|CrOS|Linux/.exec(userAgent)?.[0] ?? 'another system'
  for (const [name, mark] of BROWSERS) {
    const version = mark.exec(userAgent)?.[1]
    if (version !== undefined) return `${name} ${version}, ${system}`
  }
  return `another browser, ${system}`
}
