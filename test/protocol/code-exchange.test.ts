/** The exchange behind a spoken code: two who know the words get one link across, whoever does not burns the code. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { toUtf8 } from '../../src/base/bytes.ts'
import { type InstanceId, idOf, type TopicId } from '../../src/base/ids.ts'
import type { Crypto } from '../../src/crypto/crypto.ts'
import {
  CONFIRM_MS,
  type CodeExchange,
  type CodeInput,
  type CodeOutput,
  type CodeStep,
  startInviter,
  startJoiner,
  step,
} from '../../src/protocol/code-exchange.ts'
import {
  type CodePlace,
  decodeCodeMessage,
  encodeCodeMessage,
  linkSecret,
} from '../../src/wire/code-exchange.ts'
import { fixedBytes } from '../crypto/twin.ts'
import { WEAK_DH_KEYS } from '../crypto/weak-keys.ts'
import { crypto } from './log-fixture.ts'

const [ADA, BEN, EVE] = [1, 2, 3]
const FRAGMENT = 'AQ-the-link'
const START = 1_000_000
const EXPIRES = START + 300_000
const PLACE: CodePlace = {
  slot: 7,
  origin: 'https://town.example',
  topic: idOf<TopicId>(fixedBytes('slot topic', 32)),
  joiner: BEN,
  inviter: ADA,
}
const WORDS = ['walrus', 'lantern'] as const

/** One side, and everything it put out. */
class Party {
  readonly outputs: CodeOutput[] = []
  #state: CodeExchange

  constructor(start: CodeStep) {
    this.#state = start.state
    this.outputs.push(...start.outputs)
  }

  hear(input: CodeInput): readonly CodeOutput[] {
    const { state, outputs } = step(this.#state, input)
    this.#state = state
    this.outputs.push(...outputs)
    return outputs
  }

  blob(from: number, blob: Uint8Array, now = START): readonly CodeOutput[] {
    return this.hear({ type: 'passed', from, blob, now })
  }

  /** The blobs it sent to `to`. */
  sent(to: number): readonly Uint8Array[] {
    return this.outputs.flatMap((output) => (output.type === 'pass' && output.to === to ? [output.blob] : []))
  }

  kinds(to: number): readonly unknown[] {
    return this.sent(to).map((blob) => {
      const message = decodeCodeMessage(blob)
      return typeof message === 'object' ? message.kind : message
    })
  }

  ends(): readonly CodeOutput[] {
    return this.outputs.filter(({ type }) => type !== 'pass' && type !== 'wake')
  }
}

function ada(
  options: { words?: readonly [string, string]; place?: Partial<CodePlace>; door?: Crypto } = {},
): Party {
  const { joiner: _, ...place } = { ...PLACE, ...options.place }
  return new Party(
    startInviter({
      crypto: options.door ?? crypto,
      instance: idOf<InstanceId>(fixedBytes('ada', 8)),
      words: options.words ?? WORDS,
      place,
      fragment: linkSecret(FRAGMENT),
      expiresAt: EXPIRES,
    }),
  )
}

function ben(
  options: { words?: readonly [string, string]; place?: Partial<CodePlace>; now?: number } = {},
): Party {
  return new Party(
    startJoiner({
      crypto,
      instance: idOf<InstanceId>(fixedBytes('ben', 8)),
      words: options.words ?? WORDS,
      place: { ...PLACE, ...options.place },
      now: options.now ?? START,
    }),
  )
}

/** Passes what each sent to the other, in order, until nothing is left. */
function talk(inviter: Party, joiner: Party, joinerSocket = BEN): void {
  let [toInviter, toJoiner] = [0, 0]
  for (let turn = 0; turn < 4; turn++) {
    for (const blob of joiner.sent(ADA).slice(toInviter)) inviter.blob(joinerSocket, blob)
    toInviter = joiner.sent(ADA).length
    for (const blob of inviter.sent(joinerSocket).slice(toJoiner)) joiner.blob(ADA, blob)
    toJoiner = inviter.sent(joinerSocket).length
  }
}

describe('time', () => {
  const answered = (now: number): [Party, Party] => {
    const [inviter, joiner] = [ada(), ben({ now })]
    inviter.blob(BEN, joiner.sent(ADA)[0]!, now)
    return [inviter, joiner]
  }

  test('a code is kept until it expires and not longer, and nobody is told who never came', () => {
    const inviter = ada()
    expect(inviter.outputs).toEqual([{ type: 'wake', at: EXPIRES }])
    expect(inviter.hear({ type: 'tick', now: EXPIRES - 1 })).toEqual([])
    expect(inviter.hear({ type: 'tick', now: EXPIRES })).toEqual([{ type: 'spent', because: 'expired' }])
  })

  test('whoever began in time may confirm after the code has expired', () => {
    const [inviter, joiner] = answered(EXPIRES - 1)
    expect(inviter.hear({ type: 'tick', now: EXPIRES })).toEqual([])
    expect(inviter.outputs.at(-1)).toEqual({ type: 'wake', at: EXPIRES - 1 + CONFIRM_MS })
    joiner.blob(ADA, inviter.sent(BEN)[0]!)
    expect(inviter.blob(BEN, joiner.sent(ADA)[1]!, EXPIRES + 1).at(-1)).toEqual({ type: 'given' })
  })

  test('noise in place of the confirmation spends the code', () => {
    const [inviter] = answered(START)
    expect(inviter.blob(BEN, new Uint8Array(3).fill(1)).at(-1)).toEqual({ type: 'spent', because: 'wrong' })
  })

  test('a joiner waits twelve seconds for each message and not longer', () => {
    const waiting = ben()
    expect(waiting.outputs.at(-1)).toEqual({ type: 'wake', at: START + 12_000 })
    expect(waiting.hear({ type: 'tick', now: START + 11_999 })).toEqual([])
    const end = { type: 'no-link', because: 'broken-off' }
    expect(waiting.hear({ type: 'tick', now: START + 12_000 })).toEqual([end])
    expect(waiting.hear({ type: 'tick', now: START + 12_001 })).toEqual([])
    const [inviter, joiner] = answered(START)
    joiner.blob(ADA, inviter.sent(BEN)[0]!, START + 5_000)
    expect(joiner.outputs.at(-1)).toEqual({ type: 'wake', at: START + 17_000 })
    expect(joiner.hear({ type: 'tick', now: START + 16_999 })).toEqual([])
    expect(joiner.hear({ type: 'tick', now: START + 17_000 })).toEqual([end])
  })
})

describe('a joiner', () => {
  const end = { type: 'no-link', because: 'broken-off' }
  const share = encodeCodeMessage({
    kind: 'share',
    instance: idOf<InstanceId>(fixedBytes('eve', 8)),
    point: fixedBytes('point', 32),
  })

  test('ends when the inviter leaves, and not when somebody else does', () => {
    const joiner = ben()
    expect(joiner.hear({ type: 'gone', from: EVE })).toEqual([])
    expect(joiner.hear({ type: 'gone', from: ADA })).toEqual([end])
  })

  test('ends at noise, and at what comes out of turn', () => {
    expect(ben().blob(ADA, new Uint8Array(3).fill(1))).toEqual([end])
    for (const late of [share, undefined]) {
      const [inviter, joiner] = [ada(), ben()]
      inviter.blob(BEN, joiner.sent(ADA)[0]!)
      const answer = inviter.sent(BEN)[0]!
      joiner.blob(ADA, answer)
      expect(joiner.blob(ADA, late ?? answer)).toEqual([end])
    }
  })
})

describe('two who know the words', () => {
  test('get the link across, and the joiner confirms first', () => {
    const [inviter, joiner] = [ada(), ben()]
    talk(inviter, joiner)
    expect(inviter.ends()).toEqual([{ type: 'given' }])
    expect(joiner.ends()).toEqual([{ type: 'link', fragment: FRAGMENT }])
    expect(joiner.kinds(ADA)).toEqual(['share', 'confirm'])
    expect(inviter.kinds(BEN)).toEqual(['answer', 'link'])
  })

  test('the words stand in nothing that passes', () => {
    const [inviter, joiner] = [ada(), ben()]
    talk(inviter, joiner)
    for (const blob of [...inviter.sent(BEN), ...joiner.sent(ADA)]) {
      const text = Buffer.from(blob).toString('latin1')
      for (const secret of [...WORDS, FRAGMENT]) expect(text).not.toContain(secret)
    }
  })

  test('and a code that was given lets nobody else in', () => {
    const [inviter, joiner, late] = [ada(), ben(), ben({ place: { joiner: EVE } })]
    talk(inviter, joiner)
    talk(inviter, late, EVE)
    expect(late.ends()).toEqual([{ type: 'no-link', because: 'wrong' }])
    expect(inviter.ends()).toEqual([{ type: 'given' }])
  })
})

describe('a code that does not match', () => {
  test('burns: the inviter is told, the joiner asks for a new one', () => {
    const [inviter, joiner] = [ada(), ben({ words: ['walrus', 'lemon'] })]
    talk(inviter, joiner)
    expect(inviter.ends()).toEqual([{ type: 'spent', because: 'wrong' }])
    expect(joiner.ends()).toEqual([{ type: 'no-link', because: 'wrong' }])
    expect(inviter.kinds(BEN)).toEqual(['answer', 'spent'])
  })

  test('the right words after a wrong try are too late', () => {
    const inviter = ada()
    talk(inviter, ben({ words: ['lemon', 'walrus'] }))
    const joiner = ben({ place: { joiner: EVE } })
    talk(inviter, joiner, EVE)
    expect(joiner.ends()).toEqual([{ type: 'no-link', because: 'wrong' }])
  })

  test('of 10,000 guesses by a server that lets everybody into the slot, one is processed', () => {
    let agreements = 0
    const door = {
      ...crypto,
      dh: (...given: Parameters<Crypto['dh']>) => {
        agreements++
        return crypto.dh(...given)
      },
    }
    const inviter = ada({ door })
    const [share] = ben({ words: ['lemon', 'walrus'] }).sent(ADA)
    const confirm = encodeCodeMessage({ kind: 'confirm', tag: fixedBytes('guess', 32) })
    for (let guess = 0; guess < 5_000; guess++) {
      inviter.blob(10 + guess, share!)
      inviter.blob(10 + guess, confirm)
    }
    expect(agreements).toBe(2)
    expect(inviter.outputs.filter(({ type }) => type === 'pass')).toHaveLength(10_000)
    expect(inviter.ends()).toEqual([{ type: 'spent', because: 'wrong' }])
  })

  test('nobody but who was answered may confirm, or spend the code of another', () => {
    const [inviter, joiner] = [ada(), ben()]
    const [share] = joiner.sent(ADA)
    inviter.blob(BEN, share!)
    inviter.blob(EVE, encodeCodeMessage({ kind: 'confirm', tag: fixedBytes('guess', 32) }))
    inviter.hear({ type: 'gone', from: EVE })
    expect(inviter.ends()).toEqual([])
    joiner.blob(ADA, inviter.sent(BEN)[0]!)
    inviter.blob(BEN, joiner.sent(ADA)[1]!)
    expect(inviter.ends()).toEqual([{ type: 'given' }])
  })
})

describe('whoever stands between the two', () => {
  test.each<[string, Partial<CodePlace>]>([
    ['another slot', { slot: 8 }],
    ['another server', { origin: 'https://other.example' }],
    ['another topic', { topic: idOf<TopicId>(fixedBytes('other topic', 32)) }],
    ['another socket of the inviter', { inviter: EVE }],
  ])('and shows the joiner %s gets nothing', (_, place) => {
    const [inviter, joiner] = [ada(), ben({ place })]
    for (const blob of joiner.sent(place.inviter ?? ADA)) inviter.blob(BEN, blob)
    joiner.blob(place.inviter ?? ADA, inviter.sent(BEN)[0]!)
    for (const blob of joiner.sent(place.inviter ?? ADA).slice(1)) inviter.blob(BEN, blob)
    expect(inviter.ends()).toEqual([{ type: 'spent', because: 'wrong' }])
  })

  test('and shows the inviter another socket of the joiner gets nothing', () => {
    const [inviter, joiner] = [ada(), ben()]
    talk(inviter, joiner, EVE)
    expect(inviter.ends()).toEqual([{ type: 'spent', because: 'wrong' }])
  })

  test('and changes a byte of any message breaks it off', () => {
    const change = fc.record({ message: fc.nat(3), at: fc.nat(120), bit: fc.nat(7) })
    fc.assert(
      fc.property(change, ({ message, at, bit }) => {
        const [inviter, joiner] = [ada(), ben()]
        let passing = 0
        const tamper = (blob: Uint8Array): Uint8Array => {
          if (passing++ !== message) return blob
          const changed = blob.slice()
          const place = at % changed.length
          changed[place] = changed[place]! ^ (1 << bit)
          return changed
        }
        inviter.blob(BEN, tamper(joiner.sent(ADA)[0]!))
        joiner.blob(ADA, tamper(inviter.sent(BEN)[0]!))
        const confirm = joiner.sent(ADA)[1]
        if (confirm !== undefined) inviter.blob(BEN, tamper(confirm))
        const link = inviter.sent(BEN)[1]
        if (link !== undefined) joiner.blob(ADA, tamper(link))
        expect(joiner.ends()).not.toContainEqual({ type: 'link', fragment: FRAGMENT })
      }),
      { numRuns: 300 },
    )
  })
})

describe('the inviter aborts, and answers nothing that helps, on', () => {
  const instance = idOf<InstanceId>(fixedBytes('eve', 8))

  test.each(WEAK_DH_KEYS.map((point) => [Buffer.from(point).toString('hex'), point] as const))(
    'the weak share %s',
    (_, point) => {
      const inviter = ada()
      inviter.blob(EVE, encodeCodeMessage({ kind: 'share', instance, point }))
      expect(inviter.kinds(EVE)).toEqual(['spent'])
      expect(inviter.ends()).toEqual([{ type: 'spent', because: 'wrong' }])
    },
  )

  test('a share that was answered and never confirmed', () => {
    const inviter = ada()
    inviter.blob(BEN, ben().sent(ADA)[0]!)
    inviter.hear({ type: 'tick', now: START + CONFIRM_MS - 1 })
    expect(inviter.ends()).toEqual([])
    inviter.hear({ type: 'tick', now: START + CONFIRM_MS })
    expect(inviter.ends()).toEqual([{ type: 'spent', because: 'broken-off' }])
  })

  test('a second share instead of the confirmation', () => {
    const inviter = ada()
    const [share] = ben().sent(ADA)
    inviter.blob(BEN, share!)
    inviter.blob(BEN, share!)
    expect(inviter.ends()).toEqual([{ type: 'spent', because: 'wrong' }])
  })

  test('its own tag, reflected', () => {
    const inviter = ada()
    inviter.blob(BEN, ben().sent(ADA)[0]!)
    inviter.blob(BEN, inviter.sent(BEN)[0]!)
    expect(inviter.ends()).toEqual([{ type: 'spent', because: 'wrong' }])
  })

  test('a confirmation before any share, and any other bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (blob) => {
        const inviter = ada()
        inviter.blob(EVE, blob)
        expect(inviter.ends()).toEqual([{ type: 'spent', because: 'broken-off' }])
        expect(inviter.kinds(EVE)).toEqual(['spent'])
      }),
    )
  })

  test('a joiner that goes after it was answered', () => {
    const inviter = ada()
    inviter.blob(BEN, ben().sent(ADA)[0]!)
    inviter.hear({ type: 'gone', from: BEN })
    expect(inviter.ends()).toEqual([{ type: 'spent', because: 'broken-off' }])
  })

  test('a share after five minutes', () => {
    const inviter = ada()
    inviter.blob(BEN, ben().sent(ADA)[0]!, EXPIRES)
    expect(inviter.ends()).toEqual([{ type: 'spent', because: 'expired' }])
    const unused = ada()
    expect(unused.outputs).toEqual([{ type: 'wake', at: EXPIRES }])
    unused.hear({ type: 'tick', now: EXPIRES })
    expect(unused.ends()).toEqual([{ type: 'spent', because: 'expired' }])
  })
})

describe('the joiner aborts on', () => {
  const instance = idOf<InstanceId>(fixedBytes('eve', 8))

  test('a weak answer, and confirms nothing', () => {
    for (const point of WEAK_DH_KEYS) {
      const joiner = ben()
      joiner.blob(ADA, encodeCodeMessage({ kind: 'answer', instance, point }))
      expect(joiner.kinds(ADA)).toEqual(['share'])
      expect(joiner.ends()).toEqual([{ type: 'no-link', because: 'wrong' }])
    }
  })

  test('a link without a confirmation by the inviter', () => {
    const [inviter, joiner] = [ada(), ben()]
    inviter.blob(BEN, joiner.sent(ADA)[0]!)
    joiner.blob(ADA, inviter.sent(BEN)[0]!)
    const link = { kind: 'link', tag: fixedBytes('tag', 32), sealed: toUtf8(FRAGMENT) } as const
    joiner.blob(ADA, encodeCodeMessage(link))
    expect(joiner.ends()).toEqual([{ type: 'no-link', because: 'wrong' }])
  })

  test('a link before any answer', () => {
    const joiner = ben()
    joiner.blob(ADA, encodeCodeMessage({ kind: 'link', tag: fixedBytes('tag', 32), sealed: toUtf8('x') }))
    expect(joiner.ends()).toEqual([{ type: 'no-link', because: 'broken-off' }])
  })

  test('an inviter that says nothing, goes, or speaks another version', () => {
    const silent = ben()
    const [wake] = silent.outputs.filter((output) => output.type === 'wake')
    silent.hear({ type: 'tick', now: wake!.at })
    expect(silent.ends()).toEqual([{ type: 'no-link', because: 'broken-off' }])
    const left = ben()
    left.hear({ type: 'gone', from: EVE })
    left.hear({ type: 'gone', from: ADA })
    expect(left.ends()).toEqual([{ type: 'no-link', because: 'broken-off' }])
    const newer = ben()
    newer.blob(ADA, Uint8Array.of(2, 1))
    expect(newer.ends()).toEqual([{ type: 'no-link', because: 'other-version' }])
  })

  test('nobody else who speaks to it', () => {
    const joiner = ben()
    joiner.blob(EVE, encodeCodeMessage({ kind: 'spent' }))
    expect(joiner.ends()).toEqual([])
  })
})

test('whatever comes in whatever order, a side ends at most once and never throws', () => {
  const [share] = ben().sent(ADA)
  const blob = fc.oneof(
    fc.uint8Array({ maxLength: 90 }),
    fc.constant(share!),
    fc.constant(encodeCodeMessage({ kind: 'spent' })),
    fc.constant(encodeCodeMessage({ kind: 'confirm', tag: fixedBytes('tag', 32) })),
    fc.constant(
      encodeCodeMessage({
        kind: 'answer',
        instance: idOf<InstanceId>(new Uint8Array(8)),
        point: share!.slice(-32),
      }),
    ),
  )
  const from = fc.constantFrom(ADA, BEN, EVE)
  const input: fc.Arbitrary<CodeInput> = fc.oneof(
    fc.record({
      type: fc.constant('passed' as const),
      from,
      blob,
      now: fc.integer({ min: START, max: EXPIRES }),
    }),
    fc.record({ type: fc.constant('gone' as const), from }),
    fc.record({ type: fc.constant('tick' as const), now: fc.integer({ min: START, max: EXPIRES + 1 }) }),
  )
  fc.assert(
    fc.property(fc.array(input, { maxLength: 12 }), (inputs) => {
      for (const party of [ada(), ben()]) {
        for (const one of inputs) party.hear(one)
        expect(party.ends().length).toBeLessThanOrEqual(1)
        expect(party.ends()).not.toContainEqual({ type: 'given' })
      }
    }),
    { numRuns: 300 },
  )
})
