/** One record of the roster as bytes. What the chain makes of it is in test/protocol/roster.test.ts. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { concat } from '../../src/base/bytes.ts'
import type { DeviceId, JoinId, WriterId } from '../../src/base/ids.ts'
import { loadCrypto } from '../../src/crypto/sodium.ts'
import {
  MAX_JOINS,
  MAX_ROOT_NAME_BYTES,
  MAX_ROOTS,
  MAX_ROSTER_RECORD_BYTES,
  MAX_ROSTER_RECORDS,
} from '../../src/wire/limits.ts'
import {
  decodeRecord,
  encodeRecord,
  isSignedByRoot,
  NO_RECORD,
  type RosterContent,
  sessionIdOf,
  signRecord,
} from '../../src/wire/roster-record.ts'
import { isViolation } from '../../src/wire/violation.ts'
import * as any from './arbitrary.ts'
import * as values from './values.ts'

const crypto = await loadCrypto()
const root = crypto.signKeys(values.SEEDS.root)
const first = { session: values.session, seq: 0, prev: NO_RECORD }
const signed = (content: RosterContent) => signRecord(crypto, first, content, root)
const takes = (content: RosterContent): boolean =>
  !isViolation(decodeRecord(crypto, encodeRecord(signed(content))))
type Content<Type extends RosterContent['type']> = Extract<RosterContent, { type: Type }>
const [create, epoch, invite] = values.CONTENTS as readonly RosterContent[] as [
  Content<'create'>,
  Content<'epoch'>,
  Content<'invite'>,
]

test('every record comes back and is signed by the root key alone', () => {
  fc.assert(
    fc.property(any.content, any.session, fc.nat(MAX_ROSTER_RECORDS), (content, session, seq) => {
      const record = signRecord(crypto, { session, seq, prev: NO_RECORD }, content, root)
      expect(decodeRecord(crypto, encodeRecord(record))).toEqual(record)
      expect(isSignedByRoot(crypto, record, root.publicKey)).toBe(true)
      expect(isSignedByRoot(crypto, record, values.owner.signPk)).toBe(false)
    }),
  )
})

test('noise is refused or is the one spelling of a record', () => {
  fc.assert(
    fc.property(any.content, fc.nat(), fc.uint8Array({ maxLength: 200 }), (content, kept, noise) => {
      const whole = encodeRecord(signed(content))
      const bytes = concat(whole.subarray(0, kept % whole.length), noise)
      const record = decodeRecord(crypto, bytes)
      if (!isViolation(record)) expect(encodeRecord(record)).toEqual(bytes)
    }),
    { numRuns: 500 },
  )
})

test.each(values.CONTENTS.map((content) => [content.type, content] as const))(
  'a record of type %s with any bit flipped is refused or not signed',
  (_, content) => {
    const bytes = encodeRecord(signed(content))
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = bytes.slice()
      flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7))
      const record = decodeRecord(crypto, flipped)
      expect(!isViolation(record) && isSignedByRoot(crypto, record, root.publicKey), `bit ${bit}`).toBe(false)
    }
  },
)

test('a session is named by its root key', () => {
  expect(sessionIdOf(crypto, root.publicKey)).toBe(values.session)
  expect(sessionIdOf(crypto, values.owner.signPk)).not.toBe(values.session)
})

const role = values.CONTENTS.find((content) => content.type === 'role') as Content<'role'>
const restart = values.CONTENTS.find((content) => content.type === 'restart') as Content<'restart'>
const ended = restart.heads[0]!
const rootNamed = (name: string) => ({ name, kind: 'text' as const })
const manyRoots = (count: number) => Array.from({ length: count }, (_, index) => rootNamed(`${index}`))
const wraps = (count: number) =>
  Array.from({ length: count }, () => ({ device: values.ownerDevice, sealedKey: new Uint8Array(80) }))

test.each<[string, RosterContent, boolean]>([
  ['no root', { ...create, roots: [] }, false],
  ['a root no object can hold', { ...create, roots: [rootNamed('__proto__')] }, false],
  ['the most roots', { ...create, roots: manyRoots(MAX_ROOTS) }, true],
  ['one root more', { ...create, roots: manyRoots(MAX_ROOTS + 1) }, false],
  [
    'a root no object can hold beside another',
    { ...create, roots: [rootNamed('a'), rootNamed('__proto__')] },
    false,
  ],
  ['a writer ended at no entry', { ...restart, heads: [{ ...ended, seq: 0 }] }, false],
  [
    'one of two ended at no entry',
    { ...restart, heads: [ended, { ...ended, writer: '00'.repeat(8) as WriterId, seq: 0 }] },
    false,
  ],
  ['a writer ended twice', { ...restart, heads: [ended, { ...ended, seq: ended.seq + 1 }] }, false],
  [
    'two devices ended that use one writer id',
    { ...restart, heads: [ended, { ...ended, device: '00'.repeat(16) as DeviceId }] },
    true,
  ],
  ['a root named twice', { ...create, roots: [rootNamed('a'), { name: 'a', kind: 'map' }] }, false],
  ['the longest name of a root', { ...create, roots: [rootNamed('a'.repeat(MAX_ROOT_NAME_BYTES))] }, true],
  ['a longer one', { ...create, roots: [rootNamed('a'.repeat(MAX_ROOT_NAME_BYTES + 1))] }, false],
  ['the most uses', { ...invite, uses: MAX_JOINS }, true],
  ['one use more', { ...invite, uses: MAX_JOINS + 1 }, false],
  ['a sealed seed of another length', { ...invite, sealedSeed: new Uint8Array(55) }, false],
  ['the most wraps', { ...epoch, wraps: wraps(MAX_JOINS) }, true],
  ['a raised role that cuts', { ...role, role: 'editor' }, false],
  ['a writer cut twice', { ...role, cut: [...role.cut, ...role.cut] }, false],
  ['one wrap more', { ...epoch, wraps: wraps(MAX_JOINS + 1) }, false],
  ['a first epoch with a key before it', { ...epoch, previousSealed: new Uint8Array(72) }, false],
  ['a later epoch without', { ...epoch, epoch: 1, previousSealed: new Uint8Array(0) }, false],
  ['a sealed key cut short', { ...epoch, epoch: 1, previousSealed: new Uint8Array(71) }, false],
])('a record with %s is taken or not', (_, content, taken) => {
  expect(takes(content)).toBe(taken)
})

test('the longest record fits where records travel', () => {
  const longest = encodeRecord(
    signed({
      ...{ ...epoch, epoch: 4_000, wraps: wraps(MAX_JOINS), admitterWraps: wraps(MAX_JOINS) },
      ...{ joins: Array.from({ length: MAX_JOINS }, () => '00'.repeat(16) as JoinId) },
      previousSealed: new Uint8Array(72),
    }),
  )
  expect(longest.length).toBeLessThanOrEqual(MAX_ROSTER_RECORD_BYTES)
})

test('types due in later versions are refused', () => {
  const bytes = encodeRecord(signed({ type: 'revoke', invite: values.invite, joins: [] }))
  const typeAt = 1 + 16 + 1 + 32
  expect(bytes[typeAt]).toBe(2)
  for (const type of [9, 10, 255]) {
    bytes[typeAt] = type
    expect(decodeRecord(crypto, bytes)).toMatchObject({ violation: 'malformed' })
  }
})

test('a record does not keep the frame it came in', () => {
  const bytes = encodeRecord(signed(create))
  const record = decodeRecord(crypto, concat(bytes, new Uint8Array(100_000)).subarray(0, bytes.length))
  expect(!isViolation(record) && record.signature.buffer.byteLength).toBe(bytes.length)
})
