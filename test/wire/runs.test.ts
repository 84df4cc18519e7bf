/** Entries on a link: what a run implies is implied right, for any number of writers. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { DeviceId, SessionId, WriterId } from '../../src/base/ids.ts'
import { loadCrypto } from '../../src/crypto/sodium.ts'
import {
  type Entry,
  type EntryHeader,
  entryId,
  entryKeyOf,
  isSignedBy,
  NO_ENTRY,
  sealEntry,
} from '../../src/wire/entry.ts'
import { MAX_RUN_ENTRIES, MAX_SEQ } from '../../src/wire/limits.ts'
import { decodeMessage, encodeMessage, type Message } from '../../src/wire/message.ts'
import { MAX_RUNS, RunReceiver, RunSender, type Segment } from '../../src/wire/runs.ts'
import { isViolation } from '../../src/wire/violation.ts'
import * as values from './values.ts'

const crypto = await loadCrypto()
const sign = crypto.signKeys(values.SEEDS.ownerSign)
const entryKey = entryKeyOf(crypto, values.epochKey)
const signature = new Uint8Array(64)

const writerOf = (number: number): WriterId => number.toString(16).padStart(16, '0') as WriterId

/** A chain's next entry; unsigned, because runs do not look at signatures. */
function nextOf(before: Entry | undefined, place: { writer: WriterId; device?: DeviceId }): Entry {
  const header: EntryHeader = {
    kind: 'edit',
    rosterSeq: 1,
    session: values.session,
    device: place.device ?? values.ownerDevice,
    writer: place.writer,
    seq: (before?.seq ?? 0) + 1,
    prev: before?.id ?? NO_ENTRY,
  }
  const ciphertext = values.fixed(`${header.device}${header.writer}${header.seq}`, 30)
  return { ...header, id: entryId(crypto, header, ciphertext), ciphertext, signature }
}

/** Entries of several writers in the order in which `turns` names them. */
function interleaved(turns: readonly number[]): Entry[] {
  const last = new Map<number, Entry>()
  return turns.map((turn) => {
    const entry = nextOf(last.get(turn), { writer: writerOf(turn) })
    last.set(turn, entry)
    return entry
  })
}

function carried(
  sender: RunSender,
  receiver: RunReceiver,
  entries: readonly Entry[],
): ReturnType<RunReceiver['entries']> {
  const message = decodeMessage(encodeMessage({ type: 'entries', segments: sender.segments(entries) }))
  return receiver.entries((message as Extract<Message, { type: 'entries' }>).segments)
}

const pair = (): [RunSender, RunReceiver] => [new RunSender(), new RunReceiver(crypto, values.session)]

test('entries come out as they went in, in any interleaving and any batches', () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(fc.nat(4), { minLength: 1, maxLength: 8 }), { maxLength: 8 }),
      (batches) => {
        const [sender, receiver] = pair()
        const entries = interleaved(batches.flat())
        let at = 0
        for (const batch of batches) {
          const part = entries.slice(at, at + batch.length)
          expect(carried(sender, receiver, part)).toEqual(part)
          at += batch.length
        }
      },
    ),
  )
})

test('more interleaved writers than there are runs all survive, round after round', () => {
  const [sender, receiver] = pair()
  const count = MAX_RUNS + 76
  const entries = interleaved(Array.from({ length: 3 * count }, (_, index) => index % count))
  for (let at = 0; at < entries.length; at += 500) {
    const part = entries.slice(at, at + 500)
    expect(carried(sender, receiver, part)).toEqual(part)
  }
})

test('a run goes on after MAX_RUNS others began, once it is begun again', () => {
  const [sender, receiver] = pair()
  const first = nextOf(undefined, { writer: writerOf(0) })
  const others = interleaved(Array.from({ length: MAX_RUNS }, (_, index) => index + 1))
  const segments = sender.segments([first, ...others, nextOf(first, { writer: writerOf(0) })])
  expect(segments.at(-1)?.start).toMatchObject({ seq: 2, prev: first.id })
  expect(receiver.entries(segments)).toHaveLength(MAX_RUNS + 2)
})

test('two devices that use one writer id are two chains', () => {
  const [sender, receiver] = pair()
  const ours = nextOf(undefined, { writer: writerOf(1) })
  const theirs = nextOf(undefined, { writer: writerOf(1), device: values.guestDevice })
  const entries = [
    ours,
    theirs,
    nextOf(ours, { writer: writerOf(1) }),
    nextOf(theirs, { writer: writerOf(1), device: values.guestDevice }),
  ]
  const segments = sender.segments(entries)
  expect(segments.map(({ start }) => start !== undefined)).toEqual([true, true, false, false])
  expect(receiver.entries(segments)).toEqual(entries)
})

test('with a table for each lane, what is said live may overtake what waits in bulk', () => {
  const lanes = { live: pair(), bulk: pair() }
  const [one, two, three] = interleaved([1, 1, 1]) as [Entry, Entry, Entry]
  const waiting = lanes.bulk[0].segments([one, two])
  const overtaking = lanes.live[0].segments([three])
  expect(lanes.live[1].entries(overtaking)).toEqual([three])
  expect(lanes.bulk[1].entries(waiting)).toEqual([one, two])
})

test('a chain that goes back or skips begins its run again', () => {
  const [sender, receiver] = pair()
  const [one, two, three] = interleaved([1, 1, 1]) as [Entry, Entry, Entry]
  expect(carried(sender, receiver, [one, three, two, three])).toEqual([one, three, two, three])
})

test('a chain that goes on from another branch, or from an entry of another number, begins its run again', () => {
  const [one, two] = interleaved([1, 1]) as [Entry, Entry]
  for (const next of [
    { ...two, prev: values.entryId },
    { ...two, seq: 3 },
  ]) {
    const [sender] = pair()
    sender.segments([one])
    expect(sender.segments([next])[0]?.start).toMatchObject({ seq: next.seq, prev: next.prev })
  }
})

test("an entry's signature holds against the prev its run implies, and only there", () => {
  const [sender, receiver] = pair()
  const seal = (seq: number, prev: Entry['prev']) =>
    sealEntry(
      crypto,
      { ...nextOf(undefined, { writer: writerOf(1) }), seq, prev },
      { authoredAt: 1, body: signature },
      { entryKey, sign },
    )
  const one = seal(1, NO_ENTRY)
  const two = seal(2, one.id)
  const segments = sender.segments([one, two]) as [Segment]
  const honest = receiver.entries(segments) as Entry[]
  expect(honest.map((entry) => isSignedBy(crypto, entry, sign.publicKey))).toEqual([true, true])
  const swapped = [{ ...segments[0], parts: [...segments[0].parts].reverse() }]
  const moved = new RunReceiver(crypto, values.session).entries(swapped) as Entry[]
  expect(moved.map((entry) => isSignedBy(crypto, entry, sign.publicKey))).toEqual([false, false])
  const elsewhere = new RunReceiver(crypto, 'aa'.repeat(16) as SessionId).entries(segments) as Entry[]
  expect(elsewhere.map((entry) => isSignedBy(crypto, entry, sign.publicKey))).toEqual([false, false])
})

test('one keystroke takes at most 140 bytes as a message when its run continues', () => {
  const sender = new RunSender()
  const before = nextOf(undefined, { writer: writerOf(1) })
  // A Yjs update of one character with a 53-bit clientID has up to 27 bytes.
  const keystroke = sealEntry(
    crypto,
    { ...before, rosterSeq: 4_000, seq: 2, prev: before.id },
    { authoredAt: 1_800_000_000_000, body: new Uint8Array(27) },
    { entryKey, sign },
  )
  sender.segments([before])
  expect(
    encodeMessage({ type: 'entries', segments: sender.segments([keystroke]) }).length,
  ).toBeLessThanOrEqual(140)
})

describe('limits', () => {
  const part = { kind: 'edit', rosterSeq: 1, ciphertext: new Uint8Array(23), signature } as const
  const start = { device: values.ownerDevice, writer: writerOf(1), seq: 1, prev: NO_ENTRY }
  const read = (segment: Segment) => decodeMessage(encodeMessage({ type: 'entries', segments: [segment] }))

  test('a segment with no entries is refused', () => {
    expect(isViolation(read({ run: 0, start, parts: [part] }))).toBe(false)
    const full = { run: 1, start, parts: [{ ...part, ciphertext: new Uint8Array(200) }] }
    const among = (empty: Segment) =>
      decodeMessage(encodeMessage({ type: 'entries', segments: [empty, full] }))
    expect(isViolation(among({ run: 0, start, parts: [part] }))).toBe(false)
    expect(isViolation(among({ run: 0, start, parts: [] }))).toBe(true)
  })

  test('a run that was never begun is a violation', () => {
    expect(pair()[1].entries([{ run: 3, start: undefined, parts: [part] }])).toMatchObject({
      violation: 'malformed',
    })
  })

  test('a segment without entries is refused', () => {
    expect(isViolation(read({ run: 0, start, parts: [] }))).toBe(true)
  })

  test.each([
    [MAX_RUNS - 1, true],
    [MAX_RUNS, false],
  ])('run %i is taken: %o', (run, taken) => {
    expect(!isViolation(read({ run, start, parts: [part] }))).toBe(taken)
  })

  test('a long chain is cut into segments the other side takes', () => {
    const segments = new RunSender().segments(
      interleaved(Array.from({ length: MAX_RUN_ENTRIES + 1 }, () => 1)),
    )
    expect(segments.map(({ parts }) => parts.length)).toEqual([MAX_RUN_ENTRIES, 1])
    expect(segments.map((segment) => isViolation(read(segment)))).toEqual([false, false])
    const tooLong = { run: 0, start, parts: Array.from({ length: MAX_RUN_ENTRIES + 1 }, () => part) }
    expect(isViolation(read(tooLong))).toBe(true)
  })

  test('a chain ends at MAX_SEQ, in one segment or over many', () => {
    const last = { ...start, seq: MAX_SEQ, prev: values.entryId }
    const [, receiver] = pair()
    expect(receiver.entries([{ run: 0, start: last, parts: [part] }])).toHaveLength(1)
    expect(receiver.entries([{ run: 0, start: undefined, parts: [part] }])).toMatchObject({
      violation: 'malformed',
    })
    expect(pair()[1].entries([{ run: 0, start: last, parts: [part, part] }])).toMatchObject({
      violation: 'malformed',
    })
    expect(isViolation(read({ run: 0, start: { ...last, seq: MAX_SEQ + 1 }, parts: [part] }))).toBe(true)
  })

  test.each([
    ['seq 0', { ...start, seq: 0 }],
    ['seq 1 with an entry before it', { ...start, prev: values.entryId }],
    ['seq 2 with none before it', { ...start, seq: 2 }],
  ])('a run that begins at %s is refused', (_, wrong) => {
    expect(isViolation(read({ run: 0, start: wrong, parts: [part] }))).toBe(true)
  })
})
