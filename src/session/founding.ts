/** How a session begins on this device: founded here, or opened again from what the store kept. */

import type { Doc } from 'yjs'
import { EMPTY } from '../base/bytes.ts'
import type { DeviceId, InstanceId } from '../base/ids.ts'
import type { Millis } from '../base/ports.ts'
import { Secret } from '../base/secret.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { applyWhole, SharedDocument } from '../doc/document.ts'
import { type Schema, schemaOf } from '../doc/schema.ts'
import { type LogState, startLog } from '../protocol/log.ts'
import { liftBases } from '../protocol/rebase.ts'
import { newestRestart } from '../protocol/restarting.ts'
import { Roster } from '../protocol/roster.ts'
import type { LocalId, SessionStore } from '../storage/port.ts'
import { decodeEntry, type Entry } from '../wire/entry.ts'
import type { ChainId } from '../wire/heads.ts'
import {
  NO_RECORD,
  type RootSchema,
  type RosterContent,
  sessionIdOf,
  signRecord,
} from '../wire/roster-record.ts'
import { isViolation } from '../wire/violation.ts'
import { decodeSeen } from './copies.ts'
import type { Environment } from './environment.ts'
import { CoterieError, SessionMissing } from './errors.ts'
import { Journal } from './journal.ts'
import { commitmentOf, Keyring } from './keyring.ts'
import { LiveSession } from './live-session.ts'
import { cutName } from './people.ts'
import type { CreateOptions, Roots, SessionOptions } from './public.ts'
import {
  decodeBase,
  decodeFork,
  decodeSecrets,
  decodeShared,
  FORK_PREFIX,
  intact,
  type StoredBase,
  type StoredSecrets,
} from './stored.ts'
import { OWN_ROOT } from './title.ts'
import { type Verified, verifiedIn } from './verifying.ts'

const DEFAULT_ROOTS: Roots = { main: 'text' }
/** Blue. The palette begins with red, which beside a text reads as an alarm. */
const FOUNDER_COLOR = 7

/** A draft: nobody else knows of it, nothing is connected. */
export function found(environment: Environment, options: CreateOptions): LiveSession {
  const { crypto } = environment
  const rootSeed = new Secret(crypto.randomBytes(32))
  const root = crypto.signKeys(rootSeed.reveal())
  const epochKey = crypto.randomBytes(32)
  const secrets: StoredSecrets = {
    ...freshDevice(crypto),
    session: sessionIdOf(crypto, root.publicKey),
    rootSeed,
    epochKeys: [new Secret(epochKey)],
    admitterKey: new Secret(crypto.randomBytes(32)),
    name: cutName(options.name),
    color: FOUNDER_COLOR,
    inviter: undefined,
    signaling: options.signaling ?? environment.signaling,
  }
  const keyring = new Keyring(crypto, secrets)
  const roster = new Roster(crypto, keyring.session)
  for (const content of firstRecords(crypto, keyring, rootsOf(options.roots ?? DEFAULT_ROOTS), epochKey)) {
    roster.takeRecord(
      signRecord(
        crypto,
        { session: roster.session, seq: roster.seq + 1, prev: roster.seq < 0 ? NO_RECORD : roster.head },
        content,
        root,
      ),
    )
  }
  const schema = schemaOfRoster(roster)
  const document = SharedDocument.create({ schema, doc: options.doc })
  return compose({
    environment,
    keyring,
    roster,
    schema,
    document,
    title: options.title,
    seeds: document.clocks().size > 0,
  })
}

/** @throws SessionMissing, StorageUnreadable, CoterieError */
export async function open(
  environment: Environment,
  localId: LocalId,
  options: SessionOptions,
): Promise<LiveSession> {
  const { crypto } = environment
  const stored = await environment.store.open(localId)
  if (stored === undefined) throw new SessionMissing()
  const claim = await environment.claim(claimName(localId))
  const [keys, rosterRows, blobs, entryRows] = await Promise.all([
    stored.read('keys'),
    stored.read('roster'),
    stored.read('blobs'),
    stored.read('entries'),
  ])
  const row = (key: string): Uint8Array => keys.rows.find((one) => one.key === key)?.value ?? EMPTY
  const secrets = decodeSecrets(intact(keys.rows, 'secrets')[0] ?? EMPTY)
  if (!secrets.ok)
    throw new CoterieError(
      "This session's keys cannot be read on this device. Ask for a link to join it again.",
    )
  const keyring = new Keyring(crypto, {
    ...secrets.value,
    signaling: options.signaling ?? secrets.value.signaling,
  })
  const roster = new Roster(crypto, keyring.session)
  roster.take(intact(rosterRows.rows, 'r/'), intact(rosterRows.rows, 'j/'))
  if (roster.seq < 0)
    throw new CoterieError(
      "This session's members cannot be read on this device. Ask for a link to join it again.",
    )
  const schema = schemaOfRoster(roster)
  const baseRow = blobs.rows.find((one) => one.key === 'base')
  const base = baseRow === undefined ? undefined : decodeBase(baseRow.value)
  const knownBase = base?.ok === true ? base.value : undefined
  const checkpoint = blobs.rows.find((one) => one.key === 'checkpoint')
  const document = documentFrom(schema, knownBase, options.doc)
  const shared = decodeShared(row('shared'))
  const seen = decodeSeen(row('seen'))
  const session = compose({
    environment,
    keyring,
    roster,
    schema,
    document,
    base: knownBase,
    checkpoint: checkpoint && readEntry(crypto, checkpoint.value)[0],
    claim,
    stored,
    shared: shared.ok ? shared.value : undefined,
    seen: seen.ok ? seen.value : undefined,
    verified: verifiedIn(keys.rows),
  })
  const forks = intact(rosterRows.rows, FORK_PREFIX).map((bytes) => decodeFork(crypto, bytes))
  session.reopen(
    entryRows.rows.flatMap((one) => readEntry(crypto, one.value)),
    forks.filter((proof) => proof !== undefined),
  )
  const isMember = roster.roleOf(keyring.device) !== undefined || roster.isLeftOut(keyring.device)
  if (!isMember) session.closeAsRemoved()
  else if (keyring.stored.shared) session.goLive()
  return session
}

function readEntry(crypto: Crypto, bytes: Uint8Array) {
  const entry = decodeEntry(crypto, bytes)
  return isViolation(entry) ? [] : [entry]
}

/** The base was judged when it was taken, and the store vouches that it is still the same. */
function documentFrom(schema: Schema, base: StoredBase | undefined, doc: Doc | undefined): SharedDocument {
  const document = SharedDocument.create({ schema, doc })
  if (base !== undefined) applyWhole(document.doc, base.state)
  return document
}

export interface Composition {
  readonly environment: Environment
  readonly keyring: Keyring
  readonly roster: Roster
  readonly schema: Schema
  readonly document: SharedDocument
  readonly base?: StoredBase | undefined
  readonly checkpoint?: Entry | undefined
  /** What was claimed before the disk was read; a new session claims for itself. */
  readonly claim?: (() => void) | undefined
  readonly stored?: SessionStore | undefined
  readonly shared?: ReadonlyMap<ChainId, number> | undefined
  readonly seen?: ReadonlyMap<DeviceId, Millis> | undefined
  readonly verified?: readonly Verified[] | undefined
  readonly title?: string | undefined
  readonly instance?: InstanceId | undefined
  readonly seeds?: boolean
}

/** Puts the parts of a session together. */
export function compose(parts: Composition): LiveSession {
  const { environment, keyring, roster, schema, document, base } = parts
  let session: LiveSession | undefined
  const journal = new Journal({
    store: environment.store,
    localId: parts.stored?.localId ?? newLocalId(environment.crypto),
    opened: parts.stored,
    clock: environment.clock,
    listener: { changed: () => session?.storageChanged() },
  })
  // what this disk stands on from before a Restart has not taken part in it
  const restartedAt = newestRestart(roster, parts.stored === undefined ? roster.seq : (base?.rosterSeq ?? -1))
  const log = logOver({ crypto: environment.crypto, keyring, roster, document, restartedAt }, base)
  session = new LiveSession({
    ...{ environment, keyring, roster, schema, document, base, log, journal },
    signalingUrl: keyring.stored.signaling,
    shared: parts.shared ?? new Map(),
    seen: parts.seen ?? new Map(),
    verified: parts.verified ?? [],
    title: parts.title,
    checkpoint: parts.checkpoint,
    claim:
      parts.stored === undefined
        ? environment.claim(claimName(journal.localId))
        : Promise.resolve(parts.claim),
    instance: parts.instance,
    seeds: parts.seeds ?? false,
  })
  return session
}

function logOver(
  {
    crypto,
    keyring,
    roster,
    document,
    restartedAt,
  }: Pick<Composition, 'keyring' | 'roster' | 'document'> & Pick<LogState, 'crypto' | 'restartedAt'>,
  base: StoredBase | undefined,
): LogState {
  const log = startLog({
    ...{ crypto, session: roster.session, roster, evaluator: document, restartedAt },
    entryKeyAt: (rosterSeq) => keyring.entryKeyAt(roster, rosterSeq),
  })
  if (base !== undefined) liftBases(log, base)
  return log
}

/** One tab of a device at a time may rewrite what the log on the disk starts from. */
function claimName(localId: LocalId): string {
  return `coterie/log/${localId}`
}

function newLocalId(crypto: Crypto): LocalId {
  return Array.from(crypto.randomBytes(8), (byte) => byte.toString(16).padStart(2, '0')).join('') as LocalId
}

/** Keys that no other session of this person shares. */
export function freshDevice(
  crypto: Crypto,
): Pick<StoredSecrets, 'signSeed' | 'dhSeed' | 'invites' | 'shared'> {
  return {
    signSeed: new Secret(crypto.randomBytes(32)),
    dhSeed: new Secret(crypto.randomBytes(32)),
    invites: [],
    shared: false,
  }
}

function rootsOf(roots: Roots): RootSchema[] {
  if (Object.hasOwn(roots, OWN_ROOT))
    throw new CoterieError(`The root "${OWN_ROOT}" belongs to the session itself; name yours differently.`)
  const schema = schemaOf({ ...roots, [OWN_ROOT]: 'map' })
  return Object.entries(schema.roots).map(([name, kind]) => ({ name, kind }))
}

export function schemaOfRoster(roster: Roster): Schema {
  const { roots, formatting } = roster.create
  return schemaOf(Object.fromEntries(roots.map((root) => [root.name, root.kind])), formatting)
}

function firstRecords(
  crypto: Crypto,
  keyring: Keyring,
  roots: readonly RootSchema[],
  epochKey: Uint8Array,
): RosterContent[] {
  const { name, color } = keyring.stored
  const root = keyring.root
  if (root === undefined) throw new CoterieError('Only the person who starts a session holds its root key.')
  const owner = { signPk: keyring.sign.publicKey, dhPk: keyring.dh.publicKey, name, color }
  return [
    { type: 'create', rootPk: root.publicKey, owner, roots, formatting: false },
    {
      type: 'epoch',
      epoch: 0,
      commitment: commitmentOf(crypto, keyring.session, 0, epochKey),
      wraps: [{ device: keyring.device, sealedKey: crypto.sealTo(keyring.dh.publicKey, epochKey) }],
      admitterWraps: [],
      joins: [],
      previousSealed: EMPTY,
    },
  ]
}
