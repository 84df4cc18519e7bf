/**
 * How two come to a channel: hello, answering hello, then signals sealed to the two fresh keys. One state per
 * topic, or per way through the links. It knows nothing of WebRTC: what a Dial says passes through as bytes.
 *
 * Invariants: at most one meeting per address; of two hellos that cross, one gives way: that of whoever knows more of the
 * roster, because an answer can tell what the other lacks; where both know as much, that of the smaller instance id.
 */
import { unreachable } from '../base/assert.ts'
import { equalBytes } from '../base/bytes.ts'
import type { DeviceId, InstanceId } from '../base/ids.ts'
import type { Millis } from '../base/ports.ts'
import type { Crypto, DhKeys } from '../crypto/crypto.ts'
import {
  boxHello,
  type Hello,
  kindOfBlob,
  meetingKey,
  openHello,
  openSignal,
  type RosterWord,
  type Side,
  sealHello,
  sealSignal,
  unboxHello,
} from '../wire/introduction.ts'
import { MAX_PEERS_TOLD } from '../wire/limits.ts'

/** Where blobs go to: a address's number in a topic, or an instance in the mesh. */
export type Address = number | InstanceId

export interface MeetingSelf {
  readonly side: Side
  readonly instance: InstanceId
  readonly device: DeviceId | undefined
  /** Of a member. */
  readonly roster: KnownRoster | undefined
}

/** What a member can say of the roster in a hello, whenever it says one. */
export interface KnownRoster {
  readonly word: () => Pick<RosterWord, 'seq' | 'joins'>
  /** Records after that one, in order, as many as fit an answer. */
  readonly after: (seq: number) => RosterWord['records']
}

/** Among members: answers for the eyes of one device. */
export interface Boxing {
  /** Opens those for this device. */
  readonly mine: DhKeys
  /** To whom our own answers are sealed; undefined, or without it: under the topic's key. */
  readonly keyOf?: (device: DeviceId) => Uint8Array | undefined
}

type Meeting =
  | { readonly phase: 'greeted'; readonly mine: DhKeys; readonly since: Millis; readonly seq: number }
  /** `answered`: what their hello was answered with; undefined: they answered ours. */
  | {
      readonly phase: 'met'
      readonly key: Uint8Array
      readonly theirs: Hello
      readonly answered: Uint8Array | undefined
    }

export interface MeetingState {
  readonly crypto: Crypto
  readonly self: MeetingSelf
  /** The topic's sealing key. */
  readonly sealing: Uint8Array
  readonly boxing: Boxing | undefined
  readonly meetings: Map<Address, Meeting>
}

export type MeetingInput =
  /** These are there: say hello to them. */
  | { readonly type: 'joined'; readonly addresses: readonly Address[]; readonly now: Millis }
  | { readonly type: 'passed'; readonly from: Address; readonly blob: Uint8Array }
  /** After `greeted`: go on with this one. */
  | { readonly type: 'answer'; readonly address: Address; readonly hello: Hello }
  /** Our Dial's next signal. */
  | { readonly type: 'signal'; readonly address: Address; readonly signal: Uint8Array }
  /** Whoever was there left, or the dial came to nothing: the next hello begins anew. */
  | { readonly type: 'gone'; readonly address: Address }

export type MeetingOutput =
  | { readonly type: 'pass'; readonly to: Address; readonly blob: Uint8Array }
  /** Somebody says hello: answer it, or let it be. */
  | { readonly type: 'greeted'; readonly address: Address; readonly hello: Hello }
  /** Both hellos are said: dial now. */
  | { readonly type: 'met'; readonly address: Address; readonly hello: Hello; readonly initiator: boolean }
  | { readonly type: 'signalled'; readonly address: Address; readonly signal: Uint8Array }
  | { readonly type: 'other-version'; readonly address: Address }

/** Meetings at once: more than the server ever tells of. Beyond, the oldest is forgotten: most have led to a channel
 *  by then, and a crowd that only says hello keeps nobody out. */
const MAX_MEETINGS = 4 * MAX_PEERS_TOLD

export function startMeetings(
  crypto: Crypto,
  self: MeetingSelf,
  sealing: Uint8Array,
  boxing?: Boxing,
): MeetingState {
  return { crypto, self, sealing, boxing, meetings: new Map() }
}

export function step(
  state: MeetingState,
  input: MeetingInput,
): { state: MeetingState; outputs: MeetingOutput[] } {
  return { state, outputs: [...perform(state, input)] }
}

function perform(state: MeetingState, input: MeetingInput): readonly MeetingOutput[] {
  switch (input.type) {
    case 'joined':
      return input.addresses.map((address) => greet(state, address, input.now))
    case 'passed':
      return passed(state, input.from, input.blob)
    case 'answer':
      return answer(state, input.address, input.hello)
    case 'signal': {
      const meeting = state.meetings.get(input.address)
      if (meeting?.phase !== 'met') return []
      return [{ type: 'pass', to: input.address, blob: sealSignal(state.crypto, meeting.key, input.signal) }]
    }
    case 'gone':
      state.meetings.delete(input.address)
      return []
    default:
      return unreachable(input)
  }
}

/** Of a roster nobody has told of: a newcomer's. */
const NO_SEQ = -1

function hello({ crypto, self, sealing }: MeetingState, ephemeral: Uint8Array, seq: number): Uint8Array {
  const { side, instance, device } = self
  const roster = self.roster && { joins: self.roster.word().joins, seq, records: [] }
  return sealHello(crypto, sealing, { side, instance, device, answers: false, ephemeral, roster })
}

function helloTo(state: MeetingState, theirs: Hello, ephemeral: Uint8Array): Uint8Array {
  const { crypto, self, sealing, boxing } = state
  const { side, instance, device } = self
  const records = theirs.roster && self.roster?.after(theirs.roster.seq)
  const roster = self.roster && { ...self.roster.word(), records: records ?? [] }
  const answer = { side, instance, device, answers: true, ephemeral, roster }
  const dhPk = theirs.device && boxing?.keyOf?.(theirs.device)
  return dhPk === undefined ? sealHello(crypto, sealing, answer) : boxHello(crypto, dhPk, answer)
}

/** The same hello again as long as it is not answered: who wakes to many of them answers one, and we know which. */
function greet(state: MeetingState, address: Address, now: Millis): MeetingOutput {
  const before = state.meetings.get(address)
  const isSaid = before?.phase === 'greeted'
  const mine = isSaid ? before.mine : state.crypto.dhKeys()
  const seq = isSaid ? before.seq : (state.self.roster?.word().seq ?? NO_SEQ)
  keep(state, address, { phase: 'greeted', mine, since: now, seq })
  return { type: 'pass', to: address, blob: hello(state, mine.publicKey, seq) }
}

function keep({ meetings }: MeetingState, address: Address, meeting: Meeting): void {
  meetings.delete(address)
  meetings.set(address, meeting)
  const [oldest] = meetings.keys()
  if (meetings.size > MAX_MEETINGS && oldest !== undefined) meetings.delete(oldest)
}

function passed(state: MeetingState, from: Address, blob: Uint8Array): readonly MeetingOutput[] {
  const kind = kindOfBlob(blob)
  if (kind === 'signal') return signalled(state, from, blob)
  const theirs = kind && opened(state, kind, blob)
  if (theirs === 'other-version') return [{ type: 'other-version', address: from }]
  if (theirs === undefined || theirs.instance === state.self.instance) return []
  // two newcomers, or two members in an invite's topic, have nothing to say to each other there
  return theirs.answers ? answered(state, from, theirs) : greeted(state, from, theirs)
}

function opened({ crypto, sealing, boxing }: MeetingState, kind: 'hello' | 'box', blob: Uint8Array) {
  if (kind === 'hello') return openHello(crypto, sealing, blob)
  return boxing && unboxHello(crypto, boxing.mine, blob)
}

function signalled(state: MeetingState, from: Address, blob: Uint8Array): readonly MeetingOutput[] {
  const meeting = state.meetings.get(from)
  if (meeting?.phase !== 'met') return []
  const signal = openSignal(state.crypto, meeting.key, blob)
  return signal === undefined ? [] : [{ type: 'signalled', address: from, signal }]
}

function greeted(state: MeetingState, from: Address, theirs: Hello): readonly MeetingOutput[] {
  const meeting = state.meetings.get(from)
  if (meeting?.phase === 'greeted' && !givesWay(state.self, meeting.seq, theirs)) {
    // it may have had our hello and let it be, while it still had a link to us: it gets the same one again
    return [{ type: 'pass', to: from, blob: hello(state, meeting.mine.publicKey, meeting.seq) }]
  }
  // the same hello twice makes one meeting; it is said again by who has not had the answer
  if (meeting?.phase === 'met' && equalBytes(meeting.theirs.ephemeral, theirs.ephemeral))
    return meeting.answered === undefined ? [] : [{ type: 'pass', to: from, blob: meeting.answered }]
  return [{ type: 'greeted', address: from, hello: theirs }]
}

/** By what both said: what is learned meanwhile changes nothing. */
function givesWay({ instance }: MeetingSelf, seq: number, theirs: Hello): boolean {
  const theirSeq = theirs.roster?.seq ?? NO_SEQ
  return seq === theirSeq ? instance < theirs.instance : seq > theirSeq
}

function answer(state: MeetingState, address: Address, theirs: Hello): readonly MeetingOutput[] {
  const mine = state.crypto.dhKeys()
  const key = meetingKey(state.crypto, mine, theirs.ephemeral, {
    first: theirs.ephemeral,
    second: mine.publicKey,
  })
  if (key === undefined) return []
  const answered = helloTo(state, theirs, mine.publicKey)
  keep(state, address, { phase: 'met', key, theirs, answered })
  return [
    { type: 'pass', to: address, blob: answered },
    { type: 'met', address, hello: theirs, initiator: false },
  ]
}

function answered(state: MeetingState, from: Address, theirs: Hello): readonly MeetingOutput[] {
  const meeting = state.meetings.get(from)
  if (meeting?.phase !== 'greeted') return []
  const { mine } = meeting
  const key = meetingKey(state.crypto, mine, theirs.ephemeral, {
    first: mine.publicKey,
    second: theirs.ephemeral,
  })
  if (key === undefined) return []
  keep(state, from, { phase: 'met', key, theirs, answered: undefined })
  return [{ type: 'met', address: from, hello: theirs, initiator: true }]
}
