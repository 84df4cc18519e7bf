/** What lies on the disk: rows, and what stands in them. */
import fc from 'fast-check'
import { type DeviceId, idOf, type SessionId } from '../../../src/base/ids.ts'
import { Secret } from '../../../src/base/secret.ts'
import { decodeSeen, encodeSeen } from '../../../src/session/copies.ts'
import {
  decodeBase,
  decodeCard,
  decodeSecrets,
  decodeShared,
  encodeBase,
  encodeCard,
  encodeSecrets,
  encodeShared,
  type StoredBase,
  type StoredCard,
  type StoredSecrets,
} from '../../../src/session/stored.ts'
import { decodeVerified, encodeVerified, type Verified } from '../../../src/session/verifying.ts'
import type { LocalId } from '../../../src/storage/port.ts'
import { createRowSeal } from '../../../src/storage/sealing.ts'
import type { ChainId } from '../../../src/wire/heads.ts'
import { bytes, checkpoint } from '../../wire/arbitrary.ts'
import { respelled, sampled, type Target } from '../target.ts'
import { crypto, fixed, unlessRefused } from './keys.ts'

const session = bytes(16).map((raw) => idOf<SessionId>(raw))
const secret = (length: number) => bytes(length).map((raw) => new Secret(raw))
const optional = <T>(item: fc.Arbitrary<T>) => fc.option(item, { nil: undefined })
const text = fc.string({ maxLength: 30 })

const secretsValue: fc.Arbitrary<StoredSecrets> = fc.record({
  session,
  signSeed: secret(32),
  dhSeed: secret(32),
  rootSeed: optional(secret(32)),
  epochKeys: fc.array(secret(32), { maxLength: 4 }),
  admitterKey: optional(secret(32)),
  invites: fc.array(fc.record({ seed: secret(16), url: text }), { maxLength: 4 }),
  name: text,
  color: fc.nat(255),
  inviter: optional(bytes(16).map((raw) => idOf<DeviceId>(raw))),
  signaling: optional(text),
  shared: fc.boolean(),
})

const secrets: Target = {
  name: 'stored-secrets',
  pace: 'cheap',
  valid: sampled(secretsValue, encodeSecrets),
  decode: (row) => unlessRefused(decodeSecrets(row)),
  objection: respelled<StoredSecrets>(encodeSecrets),
}

const card: Target = {
  name: 'stored-card',
  pace: 'cheap',
  valid: sampled(
    fc.record<StoredCard>({
      session,
      title: text,
      role: fc.constantFrom('owner', 'editor', 'viewer'),
      shared: fc.boolean(),
      openedAt: fc.nat(2 ** 48 - 1),
    }),
    encodeCard,
  ),
  decode: (row) => unlessRefused(decodeCard(row)),
  objection: respelled<StoredCard>(encodeCard),
}

const base: Target = {
  name: 'stored-base',
  pace: 'cheap',
  valid: sampled(
    checkpoint.map(
      ({ heads, free }): StoredBase => ({ heads, free, rosterSeq: 3, state: fixed('state', 50) }),
    ),
    encodeBase,
  ),
  decode: (row) => unlessRefused(decodeBase(row)),
  objection: respelled<StoredBase>(encodeBase),
}

const shared: Target = {
  name: 'stored-shared',
  pace: 'cheap',
  valid: sampled(fc.array(fc.tuple(bytes(24), fc.maxSafeNat()), { maxLength: 5 }), (pairs) =>
    encodeShared(new Map(pairs.map(([chain, seq]) => [idOf<never>(chain) as ChainId, seq]))),
  ),
  decode: (row) => unlessRefused(decodeShared(row)),
}

const seen: Target = {
  name: 'stored-seen',
  pace: 'cheap',
  valid: sampled(fc.array(fc.tuple(bytes(16), fc.nat(2 ** 31 - 1)), { maxLength: 5 }), (pairs) =>
    encodeSeen(new Map(pairs.map(([device, at]) => [idOf<DeviceId>(device), at]))),
  ),
  decode: (row) => unlessRefused(decodeSeen(row)),
}

const verified: Target = {
  name: 'stored-verified',
  pace: 'cheap',
  valid: sampled(
    fc.record({
      device: bytes(16).map((raw) => idOf<DeviceId>(raw)),
      at: fc.nat(2 ** 31 - 1),
      name: fc.string({ unit: 'binary', maxLength: 16 }),
    }),
    encodeVerified,
  ),
  decode: (row) => unlessRefused(decodeVerified(row)),
  objection: respelled<Verified>(encodeVerified),
}

const seal = createRowSeal(crypto, '0123456789abcdef' as LocalId, new Secret(fixed('data key')))

const rows: Target = {
  name: 'row',
  pace: 'cheap',
  valid: () => [0, 1, 40, 500].map((length) => seal.seal('entries', 'some key', fixed('row', length))),
  decode: (row) => seal.open('entries', 'some key', row),
}

export const STORED: readonly Target[] = [secrets, card, base, shared, seen, verified, rows]
