/** Invite links, and what two sockets in a topic say before a channel opens. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AssertionFailed } from '../../src/base/assert.ts'
import { concat, fromBase64url, toBase64url, toUtf8 } from '../../src/base/bytes.ts'
import type { DeviceId, InstanceId, SessionId } from '../../src/base/ids.ts'
import { Secret } from '../../src/base/secret.ts'
import { loadCrypto } from '../../src/crypto/sodium.ts'
import {
  boxHello,
  type Hello,
  kindOfBlob,
  meetingKey,
  openHello,
  openSignal,
  sealHello,
  sealSignal,
  unboxHello,
} from '../../src/wire/introduction.ts'
import {
  decodeInviteLink,
  encodeInviteLink,
  type InviteLink,
  inviteKeys,
} from '../../src/wire/invite-link.ts'
import { MAX_NAME_BYTES, MAX_ROSTER_RECORDS, MAX_SIGNAL_BYTES } from '../../src/wire/limits.ts'
import { WEAK_DH_KEYS } from '../crypto/weak-keys.ts'
import * as values from './values.ts'

const crypto = await loadCrypto()
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const link: InviteLink = {
  session: values.session,
  rosterSeq: 2,
  seed: new Secret(values.SEEDS.invite),
  signaling: undefined,
}
const away: InviteLink = { ...link, rosterSeq: 300, signaling: 'wss://coterie.example/signal' }
const fragments = [link, away].map((each) => encodeInviteLink(crypto, each))

/** The link's bytes with its checksum set right again. */
function checked(inside: Uint8Array): string {
  return toBase64url(concat(inside, crypto.hash(16, toUtf8('coterie/1/link'), inside).subarray(0, 4)))
}
const insideOf = (fragment: string): Uint8Array => (fromBase64url(fragment) as Uint8Array).slice(0, -4)

describe('an invite link', () => {
  test('comes back with and without a signaling address', () => {
    const anyLink = fc.record({
      session: fc
        .uint8Array({ minLength: 16, maxLength: 16 })
        .map((bytes) => Buffer.from(bytes).toString('hex') as SessionId),
      rosterSeq: fc.nat(MAX_ROSTER_RECORDS),
      seed: fc.uint8Array({ minLength: 16, maxLength: 16 }),
      signaling: fc.option(fc.webUrl({ validSchemes: ['ws', 'wss'] }), { nil: undefined }),
    })
    fc.assert(
      fc.property(anyLink, ({ seed, ...rest }) => {
        const read = decodeInviteLink(crypto, encodeInviteLink(crypto, { ...rest, seed: new Secret(seed) }))
        expect(read).toMatchObject(rest)
        expect((read as InviteLink).seed.reveal()).toEqual(seed)
      }),
    )
  })

  test('is about 60 characters long when the page has its own signaling', () => {
    expect(fragments[0]?.length).toBeLessThanOrEqual(60)
  })

  test.each(fragments)('with any one character changed, left out or doubled is refused: %s', (fragment) => {
    for (let at = 0; at < fragment.length; at++) {
      const [before, after] = [fragment.slice(0, at), fragment.slice(at + 1)]
      for (const letter of `${ALPHABET} =%\n`) {
        if (letter !== fragment[at])
          expect(decodeInviteLink(crypto, before + letter + after), `${at} ${letter}`).toBeUndefined()
      }
      if (fragment[at] !== fragment[at + 1]) expect(decodeInviteLink(crypto, before + after)).toBeUndefined()
      expect(decodeInviteLink(crypto, before + fragment[at] + fragment[at] + after)).toBeUndefined()
    }
  })

  test.each(fragments)('cut anywhere or made longer is refused: %s', (fragment) => {
    for (let length = 0; length < fragment.length; length++) {
      expect(decodeInviteLink(crypto, fragment.slice(0, length))).toBeUndefined()
      expect(decodeInviteLink(crypto, fragment.slice(fragment.length - length))).toBeUndefined()
    }
    for (const letter of ALPHABET) expect(decodeInviteLink(crypto, fragment + letter)).toBeUndefined()
  })

  test('of another version says so, but only when it is whole', () => {
    const inside = insideOf(fragments[0] as string)
    inside[0] = 2
    expect(decodeInviteLink(crypto, checked(inside))).toBe('other-version')
    expect(decodeInviteLink(crypto, checked(inside).slice(0, -1))).toBeUndefined()
  })

  test('with unknown flags, an overlong number or bytes left over is refused, whatever its checksum', () => {
    const inside = insideOf(fragments[0] as string)
    const overlong = concat(inside.subarray(0, 17), Uint8Array.of(0x82, 0), inside.subarray(18))
    const flagged = inside.slice()
    flagged[flagged.length - 1] = 2
    expect(decodeInviteLink(crypto, checked(inside))).toMatchObject({ rosterSeq: 2 })
    for (const wrong of [overlong, flagged, concat(inside, Uint8Array.of(0))]) {
      expect(decodeInviteLink(crypto, checked(wrong))).toBeUndefined()
    }
  })

  test.each([
    'https://coterie.example',
    'xwss://coterie.example',
    'wss://',
    'wss:///path',
    'wss://a b',
    'javascript:alert(1)',
    '',
  ])('names no signaling server as %o', (address) => {
    const start = insideOf(fragments[0] as string).slice(0, -1)
    const inside = concat(start, Uint8Array.of(1, address.length), toUtf8(address))
    expect(decodeInviteLink(crypto, checked(inside))).toBeUndefined()
    expect(() => encodeInviteLink(crypto, { ...link, signaling: address })).toThrow(AssertionFailed)
  })

  test('holds an address up to its limit and not beyond', () => {
    const address = `wss://${'a'.repeat(MAX_NAME_BYTES - 6)}`
    const longest = { ...link, rosterSeq: MAX_ROSTER_RECORDS, signaling: address }
    expect(decodeInviteLink(crypto, encodeInviteLink(crypto, longest))).toMatchObject({ signaling: address })
    expect(() => encodeInviteLink(crypto, { ...link, signaling: `${address}a` })).toThrow(AssertionFailed)
  })

  test('noise of any length is no link and costs nothing', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 500 }), (text) => {
        expect(decodeInviteLink(crypto, text)).toBeUndefined()
      }),
    )
    expect(decodeInviteLink(crypto, 'A'.repeat(10_000_000))).toBeUndefined()
  })

  test('gives keys that differ by purpose and by seed', () => {
    const all = [values.SEEDS.invite, values.fixed('other seed', 16)].flatMap((seed) => {
      const { sign, topic, psk, sealing } = inviteKeys(crypto, new Secret(seed))
      return [sign.publicKey, topic.publicKey, psk, sealing].map((key) => Buffer.from(key).toString('hex'))
    })
    expect(new Set(all).size).toBe(8)
  })

  test('keeps no more than its seed of what it was read from', () => {
    const read = decodeInviteLink(crypto, fragments[0] as string) as InviteLink
    expect(read.seed.reveal().buffer.byteLength).toBe(16)
  })

  test('never shows its seed', () => {
    expect(JSON.stringify(link)).toContain('[secret]')
  })
})

describe('an introduction', () => {
  const sealing = values.fixed('sealing')
  const [newcomer, member] = values.HELLOS as [Hello, Hello]
  const word = member.roster!
  const times = (count: number, bytes: number) => Array.from({ length: count }, () => new Uint8Array(bytes))
  const mine = crypto.dhKeys(values.fixed('first ephemeral'))
  const theirs = crypto.dhKeys(values.fixed('second ephemeral'))
  const order = { first: mine.publicKey, second: theirs.publicKey }

  test('opens under the right key and no other', () => {
    for (const hello of [newcomer, member]) {
      expect(openHello(crypto, sealing, sealHello(crypto, sealing, hello))).toEqual(hello)
      expect(
        openHello(crypto, values.fixed('other sealing'), sealHello(crypto, sealing, hello)),
      ).toBeUndefined()
    }
    const signal = values.fixed('signal', 500)
    expect(openSignal(crypto, sealing, sealSignal(crypto, sealing, signal))).toEqual(signal)
    expect(
      openSignal(crypto, values.fixed('other sealing'), sealSignal(crypto, sealing, signal)),
    ).toBeUndefined()
  })

  test('with any bit flipped or any byte missing does not open', () => {
    const blob = sealHello(crypto, sealing, newcomer)
    for (let bit = 0; bit < blob.length * 8; bit++) {
      const flipped = blob.slice()
      flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7))
      expect(openHello(crypto, sealing, flipped)).toBeUndefined()
    }
    for (let length = 0; length < blob.length; length++)
      expect(openHello(crypto, sealing, blob.slice(0, length))).toBeUndefined()
  })

  test('a hello never passes for a signal, nor a signal for a hello', () => {
    const hello = sealHello(crypto, sealing, newcomer)
    const disguised = hello.slice()
    disguised[0] = 1
    expect(openSignal(crypto, sealing, hello)).toBeUndefined()
    expect(openSignal(crypto, sealing, disguised)).toBeUndefined()
    expect([hello, disguised, Uint8Array.of(2), Uint8Array.of(3), new Uint8Array(0)].map(kindOfBlob)).toEqual(
      ['hello', 'signal', 'box', undefined, undefined],
    )
  })

  test('a boxed hello is read by the device it is for, if it answers and is whole', () => {
    const [reader, other] = [crypto.dhKeys(), crypto.dhKeys()]
    const answer = { ...values.HELLOS.find(({ side }) => side === 'member')!, answers: true }
    const blob = boxHello(crypto, reader.publicKey, answer)
    expect(unboxHello(crypto, reader, blob)).toEqual(answer)
    expect(unboxHello(crypto, other, blob)).toBeUndefined()
    expect(
      unboxHello(crypto, reader, boxHello(crypto, reader.publicKey, { ...answer, answers: false })),
    ).toBeUndefined()
    expect(openHello(crypto, sealing, blob)).toBeUndefined()
    for (let at = 0; at < blob.length; at++) {
      const flipped = blob.map((byte, i) => (i === at ? byte ^ 1 : byte))
      expect(unboxHello(crypto, reader, flipped)).toBeUndefined()
      expect(unboxHello(crypto, reader, blob.slice(0, at))).toBeUndefined()
    }
  })

  test('two blobs of one hello share no bytes worth comparing', () => {
    expect(sealHello(crypto, sealing, newcomer).slice(1)).not.toEqual(
      sealHello(crypto, sealing, newcomer).slice(1),
    )
  })

  test('a hello of another version is told apart from noise', () => {
    const later = {
      ...crypto,
      seal: (...[key, nonce, ad, plain]: Parameters<typeof crypto.seal>) =>
        crypto.seal(key, nonce, ad, concat(Uint8Array.of(2), plain.subarray(1))),
    }
    expect(openHello(crypto, sealing, sealHello(later, sealing, newcomer))).toBe('other-version')
  })

  test('a hello of a side nobody knows is none', () => {
    const saying = (side: number) => ({
      ...crypto,
      seal: (...[key, nonce, ad, plain]: Parameters<typeof crypto.seal>) =>
        crypto.seal(key, nonce, ad, plain.with(2, side)),
    })
    expect(openHello(crypto, sealing, sealHello(saying(0), sealing, newcomer))).toEqual(newcomer)
    expect(openHello(crypto, sealing, sealHello(saying(2), sealing, newcomer))).toBeUndefined()
  })

  test.each<[string, Hello]>([
    ['a newcomer who names a device', { ...newcomer, device: values.guestDevice }],
    ['a newcomer who has joined', { ...newcomer, roster: member.roster }],
    ['a member who says nothing of the roster', { ...member, roster: undefined }],
    ['records for who did not ask', { ...member, answers: false }],
    ['a member who names none', { ...member, device: undefined }],
    ['a device id of another length', { ...member, device: 'abcd' as DeviceId }],
    ['an instance id of another length', { ...member, instance: 'abcd' as InstanceId }],
    ['a Join beyond its limit', { ...member, roster: { ...word, joins: [new Uint8Array(1_025)] } }],
    ['a fourth Join', { ...member, roster: { ...word, joins: times(4, 1) } }],
    ['a 33rd record', { ...member, roster: { ...word, records: times(33, 1) } }],
    ['a record beyond its limit', { ...member, roster: { ...word, records: times(1, 4_609) } }],
    ['a place beyond the longest roster', { ...member, roster: { ...word, seq: 4_097 } }],
  ])('%s is no hello', (_, hello) => {
    expect(openHello(crypto, sealing, sealHello(crypto, sealing, hello))).toBeUndefined()
  })

  test('the longest word of the roster fits what the server passes, also in a box', () => {
    const longest = { ...member, roster: { seq: 4_096, joins: times(3, 1_024), records: times(32, 144) } }
    const blobs = [sealHello(crypto, sealing, longest), boxHello(crypto, mine.publicKey, longest)]
    for (const blob of blobs) expect(blob.length).toBeLessThanOrEqual(MAX_SIGNAL_BYTES)
    expect(openHello(crypto, sealing, blobs[0]!)).toEqual(longest)
    expect(unboxHello(crypto, mine, blobs[1]!)).toEqual(longest)
  })

  test('a blob beyond what the server passes is not opened', () => {
    const fits = sealSignal(crypto, sealing, new Uint8Array(MAX_SIGNAL_BYTES - 41))
    expect(fits.length).toBe(MAX_SIGNAL_BYTES)
    expect(openSignal(crypto, sealing, fits)).toHaveLength(MAX_SIGNAL_BYTES - 41)
    expect(
      openSignal(crypto, sealing, sealSignal(crypto, sealing, new Uint8Array(MAX_SIGNAL_BYTES - 40))),
    ).toBeUndefined()
  })

  test('a meeting has one key, which depends on both ephemerals and on who spoke first', () => {
    const key = meetingKey(crypto, mine, theirs.publicKey, order)
    expect(meetingKey(crypto, theirs, mine.publicKey, order)).toEqual(key)
    expect(
      meetingKey(crypto, mine, theirs.publicKey, { first: order.second, second: order.first }),
    ).not.toEqual(key)
    const third = crypto.dhKeys(values.fixed('third ephemeral'))
    expect(meetingKey(crypto, third, theirs.publicKey, order)).not.toEqual(key)
  })

  test.each(WEAK_DH_KEYS.map((key) => [Buffer.from(key).toString('hex'), key]))(
    'nobody meets the weak key %s',
    (_, weak) => {
      expect(meetingKey(crypto, mine, weak as Uint8Array, order)).toBeUndefined()
    },
  )

  test('noise is no introduction', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.constantFrom(0, 1), (noise, type) => {
        const blob = concat(Uint8Array.of(type), noise)
        expect(openHello(crypto, sealing, blob)).toBeUndefined()
        expect(openSignal(crypto, sealing, blob)).toBeUndefined()
      }),
    )
  })
})
