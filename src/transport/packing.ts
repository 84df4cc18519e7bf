/**
 * A dial's signals, all of one side, packed for a text that people carry by hand: the description comes down to its
 * fingerprint, credentials and candidates, and is spelled out anew on the other side. Nothing else of an SDP matters to
 * a data channel, and nothing that is spelled anew can hold what description.ts refuses.
 *
 * packed    = kind u8 (1 offer, 2 answer) | setup u8 | fingerprint 32 | ufrag text | pwd text | mid text
 *           | largest message varuint | list of candidate
 * candidate = type u8 | family u8 | address 4 or 16 | port u16 | priority u32
 *
 * Candidates over TCP, and those beyond the room there is, are left out: the most direct ones stay.
 */
import { fromHex, toHex } from '../base/bytes.ts'
import { decode, Malformed, type Reader, Writer } from '../base/codec.ts'
import { inspectDescription } from './description.ts'
import { decodeDialSignal, encodeCandidate, encodeDescription } from './dial-signal.ts'

interface Candidate {
  readonly type: (typeof TYPES)[number]
  readonly family: (typeof FAMILIES)[number]
  readonly address: Uint8Array
  readonly port: number
  readonly priority: number
}

interface Packed {
  readonly kind: 'offer' | 'answer'
  readonly setup: (typeof SETUPS)[number]
  readonly fingerprint: Uint8Array
  readonly ufrag: string
  readonly pwd: string
  readonly mid: string
  readonly maxMessageBytes: number
  readonly candidates: readonly Candidate[]
}

// A name's number is its place; the order of the types is the order in which they stay when there is little room.
const TYPES = ['host', 'srflx', 'relay', 'prflx'] as const
const FAMILIES = ['ipv4', 'ipv6', 'mdns'] as const
const SETUPS = ['actpass', 'active', 'passive'] as const
const ADDRESS_BYTES = { ipv4: 4, ipv6: 16, mdns: 16 } as const
const FINGERPRINT_BYTES = 32
/** RFC 8839: up to 256; platforms write 4 to 8, and 22 to 32. */
const MAX_CREDENTIAL_BYTES = 48
const MAX_MID_BYTES = 8
const MAX_CANDIDATES = 16
/** The smallest candidate. */
const MIN_CANDIDATE_BYTES = 12
/** What is left out means this (RFC 8841). */
const DEFAULT_MESSAGE_BYTES = 65_536

/** @returns `undefined`: no description among them, or one that is not sound, or there is no room even for it */
export function packSignals(signals: readonly Uint8Array[], maxBytes: number): Uint8Array | undefined {
  const read = signals.map(decodeDialSignal).filter((signal) => typeof signal !== 'string')
  const described = read.find((signal) => signal.kind !== 'candidate')
  if (described === undefined) return undefined
  const inside = described.sdp.match(/^a=candidate:.*$/gm)?.map((line) => line.slice(2).trim()) ?? []
  const trickled = read.flatMap((signal) => (signal.kind === 'candidate' ? [signal.candidate] : []))
  const head = headOf(described.kind, described.sdp, described.fingerprint)
  if (head === undefined) return undefined
  return fitting(head, candidatesOf([...inside, ...trickled]), maxBytes)
}

/** The description first, then a signal for each candidate, so that they can be held back. `undefined`: nothing packed. */
export function unpackSignals(bytes: Uint8Array): readonly Uint8Array[] | undefined {
  const read = decode(bytes, readPacked)
  if (!read.ok) return undefined
  const { kind, candidates, mid } = read.value
  const sdp = sdpOf(read.value)
  if (!inspectDescription(sdp).sound) return undefined
  return [
    encodeDescription(kind, sdp),
    ...candidates.map((candidate, at) => encodeCandidate(lineOf(candidate, at + 1), mid, 0)),
  ]
}

// The text -----------------------------------------------------------------------------------------------------

type Head = Omit<Packed, 'candidates'>

function headOf(kind: Packed['kind'], sdp: string, fingerprint: Uint8Array): Head | undefined {
  const value = (name: string): string | undefined => new RegExp(`^a=${name}:(.+?)\\r?$`, 'm').exec(sdp)?.[1]
  const setup = SETUPS.find((one) => one === value('setup'))
  const [ufrag, pwd, mid = '0'] = [value('ice-ufrag'), value('ice-pwd'), value('mid')]
  if (setup === undefined || ufrag === undefined || pwd === undefined) return undefined
  if (!isCredential(ufrag) || !isCredential(pwd) || !isMid(mid)) return undefined
  const maxMessageBytes = Number(value('max-message-size') ?? DEFAULT_MESSAGE_BYTES)
  if (!Number.isSafeInteger(maxMessageBytes) || maxMessageBytes < 0) return undefined
  return { kind, setup, fingerprint, ufrag, pwd, mid, maxMessageBytes }
}

function isCredential(text: string): boolean {
  return /^[A-Za-z0-9+/]{4,48}$/.test(text)
}

function isMid(text: string): boolean {
  return /^[A-Za-z0-9]{1,8}$/.test(text)
}

function sdpOf({ setup, fingerprint, ufrag, pwd, mid, maxMessageBytes }: Packed): string {
  const hex = toHex(fingerprint).toUpperCase().match(/../g) ?? []
  const lines = [
    'v=0',
    'o=- 1 1 IN IP4 127.0.0.1',
    's=-',
    't=0 0',
    `a=group:BUNDLE ${mid}`,
    'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
    'c=IN IP4 0.0.0.0',
    `a=ice-ufrag:${ufrag}`,
    `a=ice-pwd:${pwd}`,
    'a=ice-options:trickle',
    `a=fingerprint:sha-256 ${hex.join(':')}`,
    `a=setup:${setup}`,
    `a=mid:${mid}`,
    'a=sctp-port:5000',
    `a=max-message-size:${maxMessageBytes}`,
  ]
  return lines.map((line) => `${line}\r\n`).join('')
}

// Candidates ---------------------------------------------------------------------------------------------------

/** Each way once, the most direct first. */
function candidatesOf(lines: readonly string[]): readonly Candidate[] {
  const known = new Map<string, Candidate>()
  for (const line of lines) {
    const candidate = candidateOf(line)
    if (candidate === undefined) continue
    const way = `${candidate.type} ${toHex(candidate.address)} ${candidate.port}`
    if (!known.has(way)) known.set(way, candidate)
  }
  return [...known.values()].sort(
    (a, b) => TYPES.indexOf(a.type) - TYPES.indexOf(b.type) || b.priority - a.priority,
  )
}

/** candidate:foundation component transport priority address port typ type … (RFC 8839, section 5.1). */
function candidateOf(line: string): Candidate | undefined {
  const match = /^candidate:\S+ 1 udp (\d+) (\S+) (\d+) typ (\w+)/i.exec(line)
  if (match === null) return undefined
  const [, priority = '', spelled = '', port = '', typeName] = match
  const type = TYPES.find((one) => one === typeName)
  const place = addressOf(spelled)
  if (type === undefined || place === undefined || Number(priority) > 0xffffffff || Number(port) > 0xffff)
    return undefined
  return { type, ...place, port: Number(port), priority: Number(priority) }
}

function addressOf(spelled: string): Pick<Candidate, 'family' | 'address'> | undefined {
  const name = /^([0-9a-f]{8})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{12})\.local$/i.exec(
    spelled,
  )
  if (name !== null) return { family: 'mdns', address: fromHex(name.slice(1).join('').toLowerCase()) }
  const numbers = spelled.split('.').map(Number)
  if (/^\d+(\.\d+){3}$/.test(spelled))
    return numbers.every((one) => one < 256)
      ? { family: 'ipv4', address: Uint8Array.from(numbers) }
      : undefined
  const address = ipv6Of(spelled)
  return address && { family: 'ipv6', address }
}

/** Eight groups, of which `::` stands for as many zeros as are missing. */
function ipv6Of(spelled: string): Uint8Array | undefined {
  const [before = '', after, ...more] = spelled.split('::')
  if (more.length > 0 || !/^[0-9a-f:]+$/i.test(spelled)) return undefined
  const groups = (part: string): string[] => (part === '' ? [] : part.split(':'))
  const [left, right] = [groups(before), groups(after ?? '')]
  const missing = 8 - left.length - right.length
  if (after === undefined ? missing !== 0 : missing < 1) return undefined
  const all = [...left, ...Array<string>(missing).fill('0'), ...right]
  if (!all.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return undefined
  return fromHex(all.map((group) => group.padStart(4, '0').toLowerCase()).join(''))
}

function spelledAddress({ family, address }: Candidate): string {
  const hex = toHex(address)
  switch (family) {
    case 'ipv4':
      return address.join('.')
    case 'ipv6':
      return (hex.match(/.{4}/g) ?? []).join(':')
    case 'mdns':
      return `${[8, 12, 16, 20].map((end, at) => hex.slice([0, 8, 12, 16][at], end)).join('-')}-${hex.slice(20)}.local`
    default:
      return family satisfies never
  }
}

function lineOf(candidate: Candidate, foundation: number): string {
  const { type, port, priority } = candidate
  const base = type === 'host' ? '' : ' raddr 0.0.0.0 rport 0'
  return `candidate:${foundation} 1 udp ${priority} ${spelledAddress(candidate)} ${port} typ ${type}${base}`
}

// The bytes ----------------------------------------------------------------------------------------------------

function fitting(head: Head, candidates: readonly Candidate[], maxBytes: number): Uint8Array | undefined {
  for (let count = Math.min(candidates.length, MAX_CANDIDATES); count >= 0; count--) {
    const bytes = spell({ ...head, candidates: candidates.slice(0, count) })
    if (bytes.length <= maxBytes) return bytes
  }
  return undefined
}

function spell({
  kind,
  setup,
  fingerprint,
  ufrag,
  pwd,
  mid,
  maxMessageBytes,
  candidates,
}: Packed): Uint8Array {
  const writer = new Writer()
    .u8(kind === 'offer' ? 1 : 2)
    .u8(SETUPS.indexOf(setup))
    .fixed(fingerprint)
  writer.text(ufrag).text(pwd).text(mid).varuint(maxMessageBytes)
  return writer
    .list(candidates, (each, { type, family, address, port, priority }) => {
      each.u8(TYPES.indexOf(type)).u8(FAMILIES.indexOf(family)).fixed(address).u16(port).u32(priority)
    })
    .finish()
}

function readPacked(reader: Reader): Packed {
  const kind = ([undefined, 'offer', 'answer'] as const)[reader.u8()]
  const setup = SETUPS[reader.u8()]
  if (kind === undefined || setup === undefined) throw new Malformed('no packed description')
  const fingerprint = reader.fixed(FINGERPRINT_BYTES)
  const [ufrag, pwd] = [reader.text(MAX_CREDENTIAL_BYTES), reader.text(MAX_CREDENTIAL_BYTES)]
  const mid = reader.text(MAX_MID_BYTES)
  if (!isCredential(ufrag) || !isCredential(pwd) || !isMid(mid)) throw new Malformed('no credentials')
  const maxMessageBytes = reader.varuint()
  const candidates = reader.list(MAX_CANDIDATES, MIN_CANDIDATE_BYTES, readCandidate)
  return { kind, setup, fingerprint, ufrag, pwd, mid, maxMessageBytes, candidates }
}

function readCandidate(reader: Reader): Candidate {
  const [type, family] = [TYPES[reader.u8()], FAMILIES[reader.u8()]]
  if (type === undefined || family === undefined) throw new Malformed('no candidate')
  return {
    type,
    family,
    address: reader.fixed(ADDRESS_BYTES[family]),
    port: reader.u16(),
    priority: reader.u32(),
  }
}
