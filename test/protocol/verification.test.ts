/** Two people compare seven emoji: once a link, the same on both screens, and never after a mismatch. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type DeviceId, idOf } from '../../src/base/ids.ts'
import type { Emoji } from '../../src/crypto/emoji.ts'
import { sasCommitment, sasOf } from '../../src/crypto/sas.ts'
import {
  startVerification,
  step,
  type VerificationInput,
  type VerificationOutput,
  type VerificationSide,
  type VerificationState,
} from '../../src/protocol/verification.ts'
import type { VerificationMessage } from '../../src/wire/verification.ts'
import { fixedBytes } from '../crypto/twin.ts'
import { crypto } from './log-fixture.ts'

const HASH = fixedBytes('handshake hash', 64)

function sideOf(name: string, first: number): VerificationSide {
  const device = fixedBytes(`${name} device`, 16)
  device[0] = first
  return { device: idOf<DeviceId>(device), certificate: fixedBytes(`${name} certificate`, 90) }
}

const ADA = sideOf('ada', 1)
const BEN = sideOf('ben', 2)

class Screen {
  readonly outputs: VerificationOutput[] = []
  state: VerificationState

  constructor(me: VerificationSide, them: VerificationSide, handshakeHash = HASH) {
    this.state = startVerification({ crypto, handshakeHash, me, them })
  }

  hear(input: VerificationInput): readonly VerificationMessage[] {
    const { state, outputs } = step(this.state, input)
    this.state = state
    this.outputs.push(...outputs)
    return outputs.flatMap((output) => (output.type === 'send' ? [output.message] : []))
  }

  take(messages: readonly VerificationMessage[]): readonly VerificationMessage[] {
    return messages.flatMap((message) => this.hear({ type: 'received', message }))
  }

  shown(): readonly Emoji[] | undefined {
    const shown = this.outputs.findLast((output) => output.type === 'show')
    return shown?.emoji
  }

  kinds(): readonly string[] {
    return this.outputs.map(({ type }) => type)
  }
}

function pair(): readonly [Screen, Screen] {
  return [new Screen(ADA, BEN), new Screen(BEN, ADA)]
}

/** Everything up to the emoji on both screens. */
function compare([one, other]: readonly [Screen, Screen]): void {
  other.take(one.take(other.take(one.hear({ type: 'begin' }))))
}

describe('two who compare', () => {
  test('see the same seven emoji, whoever begins', () => {
    for (const screens of [pair(), [...pair()].reverse() as [Screen, Screen]] as const) {
      compare(screens)
      expect(screens[0].shown()).toHaveLength(7)
      expect(screens[0].shown()).toEqual(screens[1].shown())
    }
  })

  test('are verified, each for itself, when each says the screens are the same', () => {
    const [ada, ben] = pair()
    compare([ada, ben])
    expect(ada.hear({ type: 'compared', same: true })).toEqual([])
    expect(ada.kinds().at(-1)).toBe('verified')
    expect(ben.state.phase.phase).toBe('comparing')
    ben.hear({ type: 'compared', same: true })
    expect(ben.state.phase.phase).toBe('matched')
  })

  test('both at once come to one comparison', () => {
    const [ada, ben] = pair()
    const [fromAda, fromBen] = [ada.hear({ type: 'begin' }), ben.hear({ type: 'begin' })]
    const answers = ada.take(fromBen)
    expect(ben.take(fromAda)).toEqual([])
    expect(ben.kinds()).toEqual(['send'])
    ada.take(ben.take(answers))
    expect(ada.shown()).toEqual(ben.shown())
    expect(ada.shown()).toHaveLength(7)
  })

  test('see the same again when they look again, and nothing is sent', () => {
    const [ada, ben] = pair()
    compare([ada, ben])
    const emoji = ada.shown()
    const shown = ada.outputs.length
    expect(ada.hear({ type: 'begin' })).toEqual([])
    ada.hear({ type: 'compared', same: true })
    expect(ada.hear({ type: 'begin' })).toEqual([])
    expect(ada.outputs.slice(shown)).toEqual([
      { type: 'show', emoji },
      { type: 'verified' },
      { type: 'show', emoji },
    ])
  })

  test('say nothing twice while they wait for each other', () => {
    const [ada, ben] = pair()
    ben.take(ada.hear({ type: 'begin' }))
    for (const screen of [ada, ben]) {
      screen.hear({ type: 'begin' })
      screen.hear({ type: 'compared', same: true })
      expect(screen.kinds()).toEqual(['send'])
    }
  })
})

test.each<VerificationMessage>([
  { kind: 'differs' },
  { kind: 'answer', nonce: fixedBytes('early', 32) },
  { kind: 'reveal', nonce: fixedBytes('early', 32) },
])('$kind before anything was begun is out of order', (message) => {
  const [ada] = pair()
  ada.take([message])
  expect(ada.outputs).toMatchObject([{ type: 'violated', violation: { violation: 'unexpected' } }])
  expect(ada.state.phase).toEqual({ phase: 'idle' })
})

describe('after a mismatch', () => {
  test('both are told, and this link verifies nobody any more', () => {
    const [ada, ben] = pair()
    compare([ada, ben])
    ben.take(ada.hear({ type: 'compared', same: false }))
    for (const screen of [ada, ben]) {
      expect(screen.outputs.at(-1)).toEqual({ type: 'failed', because: 'mismatch' })
      expect(screen.hear({ type: 'begin' })).toEqual([])
      screen.hear({ type: 'compared', same: true })
      screen.take([{ kind: 'differs' }, { kind: 'answer', nonce: fixedBytes('late', 32) }])
      expect(screen.outputs.at(-1)).toEqual({ type: 'failed', because: 'mismatch' })
      expect(screen.state.phase).toEqual({ phase: 'failed', because: 'mismatch' })
    }
  })

  test('what one said was the same is taken back when the other says it is not', () => {
    const [ada, ben] = pair()
    compare([ada, ben])
    ada.hear({ type: 'compared', same: true })
    ada.take(ben.hear({ type: 'compared', same: false }))
    expect(ada.state.phase).toEqual({ phase: 'failed', because: 'mismatch' })
  })
})

describe('a man in the middle', () => {
  const EVE = sideOf('eve', 3)

  /** Two links: Eve is Ben to Ada and Ada to Ben, and knows every key she needs. */
  function between() {
    return [
      new Screen(ADA, BEN, fixedBytes('hash of Ada and Eve', 64)),
      new Screen(BEN, ADA, fixedBytes('hash of Eve and Ben', 64)),
    ] as const
  }

  test('who passes everything on shows other emoji on the two screens', () => {
    const [ada, ben] = between()
    const commitment = ada.hear({ type: 'begin' })
    const answer = ben.take(commitment)
    const reveal = ada.take(answer)
    ben.take(reveal)
    // Ada's commitment is bound to her own link: Ben sees it broken, and no emoji at all.
    expect(ada.shown()).toHaveLength(7)
    expect(ben.shown()).toBeUndefined()
    expect(ben.state.phase).toEqual({ phase: 'failed', because: 'commitment' })
  })

  test('who grinds 2^20 nonces after seeing the other half is caught by her own commitment', () => {
    const [ada, ben] = between()
    const [first] = ada.hear({ type: 'begin' })
    expect(first?.kind).toBe('commit')
    const promised = fixedBytes('eve promised', 32)
    const toBen = ben.state.handshakeHash
    const [answer] = ben.take([{ kind: 'commit', commitment: sasCommitment(crypto, toBen, promised) }])
    expect(answer?.kind).toBe('answer')
    ada.take([{ kind: 'answer', nonce: fixedBytes('eve to ada', 32) }])
    // the best of however many she tried, here simply another one: she may not send it
    ben.take([{ kind: 'reveal', nonce: fixedBytes('best of 2^20', 32) }])
    expect(ben.shown()).toBeUndefined()
    expect(ben.kinds()).toEqual(['send', 'failed', 'violated'])
    expect(ben.outputs.slice(1)).toMatchObject([
      { because: 'commitment' },
      { violation: { violation: 'forged' } },
    ])
  })

  test('who keeps her commitment has one try, which shows other emoji', () => {
    const [ada, ben] = between()
    ada.hear({ type: 'begin' })
    const promised = fixedBytes('eve promised', 32)
    const commitment = sasCommitment(crypto, ben.state.handshakeHash, promised)
    ben.take([{ kind: 'commit', commitment }])
    ada.take([{ kind: 'answer', nonce: fixedBytes('eve to ada', 32) }])
    ben.take([{ kind: 'reveal', nonce: promised }])
    expect(ben.shown()).toHaveLength(7)
    expect(ben.shown()).not.toEqual(ada.shown())
    const again = ben.take([{ kind: 'commit', commitment }])
    expect(again).toEqual([])
    expect(ben.outputs.at(-1)).toMatchObject({ type: 'violated', violation: { violation: 'unexpected' } })
  })

  test('gains nothing by other certificates: they are those of the roster', () => {
    const honest = { nonce: fixedBytes('n', 32), certificate: BEN.certificate }
    const committer = { nonce: fixedBytes('m', 32), certificate: ADA.certificate }
    const forged = { ...honest, certificate: EVE.certificate }
    expect(sasOf(crypto, HASH, { committer, answerer: forged })).not.toEqual(
      sasOf(crypto, HASH, { committer, answerer: honest }),
    )
  })
})

test('whatever comes in whatever order, emoji are shown for at most one run and nothing throws', () => {
  const nonce = fc.uint8Array({ minLength: 32, maxLength: 32 })
  const input: fc.Arbitrary<VerificationInput> = fc.oneof(
    fc.constant({ type: 'begin' as const }),
    fc.record({ type: fc.constant('compared' as const), same: fc.boolean() }),
    fc.record({
      type: fc.constant('received' as const),
      message: fc.oneof(
        fc.record({ kind: fc.constant('commit' as const), commitment: nonce }),
        fc.record({ kind: fc.constantFrom('answer' as const, 'reveal' as const), nonce }),
        fc.constant({ kind: 'differs' as const }),
      ),
    }),
  )
  fc.assert(
    fc.property(fc.array(input, { maxLength: 20 }), (inputs) => {
      const screen = new Screen(ADA, BEN)
      for (const one of inputs) screen.hear(one)
      const shown = screen.outputs.flatMap((output) => (output.type === 'show' ? [output.emoji] : []))
      expect(new Set(shown).size).toBeLessThanOrEqual(1)
      const sent = screen.outputs.flatMap((output) => (output.type === 'send' ? [output.message.kind] : []))
      expect(sent.filter((kind) => kind === 'reveal').length).toBeLessThanOrEqual(1)
    }),
    { numRuns: 500 },
  )
})
