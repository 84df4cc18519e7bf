/** Hello, answering hello, signals: two come to one dial, whatever crosses, comes twice or is made up. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type InstanceId, idOf } from '../../src/base/ids.ts'
import {
  type Address,
  type MeetingInput,
  type MeetingOutput,
  type MeetingSelf,
  type MeetingState,
  startMeetings,
  step,
} from '../../src/protocol/meeting.ts'
import { boxHello, openHello, type RosterWord, sealHello } from '../../src/wire/introduction.ts'
import { fixedBytes } from '../crypto/twin.ts'
import { ada, crypto } from './log-fixture.ts'

const SEALING = fixedBytes('sealing', 32)
const WORD: RosterWord = { seq: 0, joins: [], records: [] }

/** One who waits in a topic; `welcomes` is its driver's answer to a greeting. */
class Waiter {
  readonly address: number
  readonly instance: InstanceId
  readonly outputs: MeetingOutput[] = []
  readonly wire: { readonly to: Address; readonly blob: Uint8Array }[] = []
  welcomes = true
  readonly dh = crypto.dhKeys()
  state: MeetingState

  /** What it knows of the roster. */
  readonly records: Uint8Array[] = [new Uint8Array(70)]

  get seq(): number {
    return this.records.length - 1
  }

  constructor(address: number, sealing = SEALING) {
    this.address = address
    this.instance = idOf<InstanceId>(new Uint8Array(8).fill(address))
    const self = {
      side: 'member',
      instance: this.instance,
      device: ada.device,
      roster: { word: () => ({ seq: this.seq, joins: [] }), after: (seq) => this.records.slice(seq + 1) },
    } as const satisfies MeetingSelf
    this.state = startMeetings(crypto, self, sealing)
  }

  step(input: MeetingInput): void {
    const { outputs, state } = step(this.state, input)
    this.state = state
    for (const output of outputs) {
      this.outputs.push(output)
      if (output.type === 'pass') this.wire.push(output)
      if (output.type === 'greeted' && this.welcomes)
        this.step({ type: 'answer', address: output.address, hello: output.hello })
    }
  }

  greet(...others: readonly Waiter[]): void {
    this.step({ type: 'joined', addresses: others.map(({ address }) => address), now: 0 })
  }

  met(): readonly boolean[] {
    return this.outputs.flatMap((output) => (output.type === 'met' ? [output.initiator] : []))
  }

  heard(): readonly string[] {
    return this.outputs.flatMap((output) =>
      output.type === 'signalled' ? [new TextDecoder().decode(output.signal)] : [],
    )
  }
}

/** Passes everything between them until nothing is under way. */
function settle(...all: readonly Waiter[]): void {
  for (let busy = true; busy; ) {
    busy = false
    for (const from of all) {
      const next = from.wire.shift()
      if (next === undefined) continue
      busy = true
      all
        .find(({ address }) => address === next.to)
        ?.step({ type: 'passed', from: from.address, blob: next.blob })
    }
  }
}

function talk(one: Waiter, other: Waiter): void {
  one.step({ type: 'signal', address: other.address, signal: new TextEncoder().encode('offer') })
  other.step({ type: 'signal', address: one.address, signal: new TextEncoder().encode('answer') })
  settle(one, other)
  expect([one.heard().at(-1), other.heard().at(-1)]).toEqual(['answer', 'offer'])
}

describe('a meeting', () => {
  test('makes whoever said hello the initiator, and carries signals both ways', () => {
    const [one, other] = [new Waiter(1), new Waiter(2)]
    one.greet(other)
    settle(one, other)
    expect([one.met(), other.met()]).toEqual([[true], [false]])
    talk(one, other)
  })

  test.each([
    [1, 2],
    [2, 1],
  ])('of two who said hello at once (%i and %i) is one', (first, second) => {
    const [one, other] = [new Waiter(first), new Waiter(second)]
    one.greet(other)
    other.greet(one)
    settle(one, other)
    expect([...one.met(), ...other.met()].sort()).toEqual([false, true])
    expect((first < second ? one : other).met()).toEqual([false])
    talk(one, other)
  })

  test.each([
    [1, 2],
    [2, 1],
  ])(
    'comes about when a hello was let be before, and the other one says it later (%i and %i)',
    (first, second) => {
      const [one, other] = [new Waiter(first), new Waiter(second)]
      other.welcomes = false
      one.greet(other)
      settle(one, other)
      expect(other.met()).toEqual([])
      other.welcomes = true
      other.greet(one)
      settle(one, other)
      expect([...one.met(), ...other.met()].sort()).toEqual([false, true])
      talk(one, other)
    },
  )

  test('comes about when several hellos of one are answered at once, as by who wakes to them', () => {
    const [one, other] = [new Waiter(1), new Waiter(2)]
    for (let look = 0; look < 3; look++) one.greet(other)
    settle(one, other)
    expect([one.met(), other.met()]).toEqual([[true], [false]])
    talk(one, other)
  })

  test('comes about by the same hello when the first one led to nothing on the other side', () => {
    const [one, other] = [new Waiter(1), new Waiter(2)]
    one.greet(other)
    other.step({ type: 'passed', from: 1, blob: one.wire.shift()!.blob })
    other.wire.length = 0 // the answer is lost, and the dial comes to nothing
    other.step({ type: 'gone', address: 1 })
    one.greet(other)
    settle(one, other)
    expect(one.met()).toEqual([true])
    talk(one, other)
  })

  test.each([
    [1, 2],
    [2, 1],
  ])(
    'of two who said hello at once is answered by who knows more of the roster (%i and %i)',
    (first, second) => {
      const [behind, ahead] = [new Waiter(first), new Waiter(second)]
      ahead.records.push(new Uint8Array(71), new Uint8Array(72))
      behind.greet(ahead)
      ahead.greet(behind)
      settle(behind, ahead)
      expect([behind.met(), ahead.met()]).toEqual([[true], [false]])
      const told = behind.outputs.find((output) => output.type === 'met')?.hello.roster
      expect(told).toEqual({ seq: 2, joins: [], records: ahead.records.slice(1) })
      talk(behind, ahead)
    },
  )

  test('is decided by what both said, though one learns more of the roster before it hears the other', () => {
    const [one, other] = [new Waiter(2), new Waiter(1)]
    other.records.push(new Uint8Array(71))
    one.greet(other)
    other.greet(one)
    one.records.push(new Uint8Array(71), new Uint8Array(72))
    settle(one, other)
    expect([one.met(), other.met()]).toEqual([[true], [false]])
    talk(one, other)
  })

  test('is made once from a hello that comes twice', () => {
    const [one, other] = [new Waiter(1), new Waiter(2)]
    one.greet(other)
    const hello = one.wire[0]!.blob
    settle(one, other)
    other.step({ type: 'passed', from: 1, blob: hello })
    expect(other.met().length).toBe(1)
    talk(one, other)
  })

  test('comes about when the answer was lost and the hello is said again', () => {
    const [one, other] = [new Waiter(1), new Waiter(2)]
    one.greet(other)
    other.step({ type: 'passed', from: 1, blob: one.wire.shift()!.blob })
    const lost = other.wire.shift()!.blob
    one.greet(other)
    settle(one, other)
    expect(other.wire.concat(one.wire)).toEqual([])
    expect([one.met().length, other.met().length]).toEqual([1, 1])
    one.step({ type: 'passed', from: 2, blob: lost })
    expect(one.met().length).toBe(1)
    talk(one, other)
  })

  test('begins anew when they greet again, with fresh keys', () => {
    const [one, other] = [new Waiter(1), new Waiter(2)]
    for (let round = 1; round <= 3; round++) {
      one.greet(other)
      settle(one, other)
      expect([one.met().length, other.met().length]).toEqual([round, round])
      talk(one, other)
    }
  })

  test('ends when the other is gone: nothing is sent to where it was', () => {
    const [one, other] = [new Waiter(1), new Waiter(2)]
    one.greet(other)
    settle(one, other)
    const before = one.outputs.length
    one.step({ type: 'gone', address: 2 })
    one.step({ type: 'signal', address: 2, signal: new Uint8Array(3) })
    expect(one.wire).toEqual([])
    expect(one.outputs.length).toBe(before)
  })

  test('is answered as everybody can read it by who knows no key of the other', () => {
    const [one, other] = [new Waiter(1), new Waiter(2)]
    other.state = { ...other.state, boxing: { mine: other.dh } }
    one.greet(other)
    settle(one, other)
    expect([one.met(), other.met()]).toEqual([[true], [false]])
  })

  test('of whoever speaks another version does not come about, and that is said', () => {
    const [one, other] = [new Waiter(1), new Waiter(2)]
    const later = {
      ...crypto,
      seal: (...[key, nonce, ad, plain]: Parameters<typeof crypto.seal>) =>
        crypto.seal(key, nonce, ad, plain.with(0, 2)),
    }
    other.state = { ...other.state, crypto: later }
    other.greet(one)
    one.step({ type: 'passed', from: 2, blob: other.wire[0]!.blob })
    expect(one.outputs).toEqual([{ type: 'other-version', address: 2 }])
  })
})

describe('what nobody honest sends', () => {
  test('a hello under another key, our own hello, a signal before the hellos: nothing comes of it', () => {
    const [one, stranger] = [new Waiter(1), new Waiter(2, fixedBytes('another topic', 32))]
    stranger.greet(one)
    settle(one, stranger)
    const own = new Waiter(1)
    own.greet(one)
    one.step({ type: 'passed', from: 3, blob: own.wire[0]!.blob })
    one.step({ type: 'passed', from: 2, blob: stranger.wire[0]?.blob ?? new Uint8Array(80) })
    expect(one.outputs).toEqual([])
  })

  test('an ephemeral key of small order meets nobody, said first or in answer', () => {
    const [one, other] = [new Waiter(1), new Waiter(2)]
    const weak = { ...other.state.self, roster: WORD, ephemeral: new Uint8Array(32) }
    const said = (answers: boolean) => sealHello(crypto, SEALING, { ...weak, answers })
    one.step({ type: 'passed', from: 2, blob: said(false) })
    expect(one.outputs.map(({ type }) => type)).toEqual(['greeted'])
    one.greet(other)
    one.step({ type: 'passed', from: 2, blob: said(true) })
    expect(one.outputs.map(({ type }) => type)).toEqual(['greeted', 'pass'])
  })

  test('an answer said again as a hello, or to nobody, and signals that do not open lead to nothing', () => {
    const [one, other, third] = [new Waiter(1), new Waiter(2), new Waiter(3)]
    one.greet(other)
    settle(one, other)
    const before = one.outputs.length
    const meeting = one.state.meetings.get(2)
    const ephemeral = meeting?.phase === 'met' ? meeting.theirs.ephemeral : new Uint8Array(0)
    const said = (answers: boolean) =>
      sealHello(crypto, SEALING, { ...other.state.self, roster: WORD, answers, ephemeral })
    one.step({ type: 'passed', from: 2, blob: said(false) })
    one.step({ type: 'passed', from: 2, blob: said(true) })
    other.step({ type: 'signal', address: 1, signal: new Uint8Array(3) })
    const { blob } = other.wire[0]!
    one.step({ type: 'passed', from: 9, blob })
    one.step({ type: 'passed', from: 2, blob: blob.with(40, blob[40]! ^ 1) })
    expect(one.outputs.length).toBe(before)
    third.step({ type: 'passed', from: 1, blob })
    expect(third.outputs).toEqual([])
  })

  test('signals of one meeting do not open in another', () => {
    const [one, other, third] = [new Waiter(1), new Waiter(2), new Waiter(3)]
    one.greet(other, third)
    settle(one, other, third)
    one.step({ type: 'signal', address: 2, signal: new Uint8Array(3) })
    third.step({ type: 'passed', from: 1, blob: one.wire[0]!.blob })
    expect(third.heard()).toEqual([])
  })

  test('an answer for one device is read by nobody else who knows the key of the topic', () => {
    const [caller, member, removed] = [new Waiter(1), new Waiter(2), new Waiter(3)]
    caller.state = { ...caller.state, boxing: { mine: caller.dh } }
    member.state = { ...member.state, boxing: { mine: member.dh, keyOf: () => caller.dh.publicKey } }
    removed.state = { ...removed.state, boxing: { mine: removed.dh } }
    caller.greet(member)
    removed.greet(member)
    member.step({ type: 'passed', from: 1, blob: caller.wire[0]!.blob })
    const answer = member.wire[0]!.blob
    expect(openHello(crypto, SEALING, answer)).toBeUndefined()
    removed.step({ type: 'passed', from: 2, blob: answer })
    expect(removed.met()).toEqual([])
    caller.step({ type: 'passed', from: 2, blob: answer })
    expect([caller.met(), member.met()]).toEqual([[true], [false]])
  })

  test('a box that is no answer, or that nobody asked for, makes no meeting', () => {
    const [one, other] = [new Waiter(1), new Waiter(2)]
    one.state = { ...one.state, boxing: { mine: one.dh } }
    const said = { ...other.state.self, roster: WORD, ephemeral: fixedBytes('ephemeral', 32) }
    const boxed = (answers: boolean) => boxHello(crypto, one.dh.publicKey, { ...said, answers })
    one.step({ type: 'passed', from: 2, blob: boxed(true) })
    one.greet(other)
    one.step({ type: 'passed', from: 2, blob: boxed(false) })
    expect([one.met(), one.heard()]).toEqual([[], []])
  })

  test('arbitrary bytes never throw and never make a meeting', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.boolean(), (blob, greeted) => {
        const one = new Waiter(1)
        if (greeted) one.greet(new Waiter(2))
        one.step({ type: 'passed', from: 2, blob })
        expect(one.met()).toEqual([])
      }),
    )
  })

  test('a crowd that only says hello costs a bounded memory', () => {
    const one = new Waiter(1)
    for (let address = 2; address < 1_002; address++) {
      const instance = idOf<InstanceId>(fixedBytes(`instance ${address}`, 8))
      const ephemeral = fixedBytes(`ephemeral ${address}`, 32)
      const hello = { side: 'newcomer', instance, device: undefined, roster: undefined } as const
      const blob = sealHello(crypto, SEALING, { ...hello, ephemeral, answers: false })
      one.step({ type: 'passed', from: address, blob })
    }
    expect(one.state.meetings.size).toBe(256)
  })
})
