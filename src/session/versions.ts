/**
 * The versions this device keeps of a session: when one is written, which ones go, and how one comes back.
 * Not here: how they are spelled (stored-version.ts), when the session asks for one (workings.ts).
 *
 * Invariants: versions with a name never go by themselves; of the others the oldest go first, those that hold text
 * which is nowhere else only among themselves. A version that was asked for holds the text of that very moment.
 */
import { toHex } from '../base/bytes.ts'
import type { Clock } from '../base/ports.ts'
import type { Crypto } from '../crypto/crypto.ts'
import type { SharedDocument } from '../doc/document.ts'
import { textsOf } from '../doc/foreign.ts'
import { lineChanges } from '../doc/line-changes.ts'
import { restoreTexts } from '../doc/restoring.ts'
import type { Change, Row } from '../storage/port.ts'
import { MAX_TITLE_BYTES } from '../wire/limits.ts'
import { NotAllowed, SessionEnded, TooManyVersions, VersionMissing } from './errors.ts'
import type { Journal } from './journal.ts'
import { cutName } from './people.ts'
import {
  decodeAbout,
  decodeTexts,
  encodeAbout,
  encodeTexts,
  MARK_BYTES,
  type StoredVersion,
} from './stored-version.ts'
import type { Version, VersionComparison, VersionId, Versions } from './version.ts'

export interface VersionsParts {
  readonly crypto: Crypto
  readonly clock: Clock
  readonly journal: Journal
  readonly document: () => SharedDocument
  readonly me: () => string
  readonly canEdit: () => boolean
  /** Something was kept, named or deleted; `kept`: text that counts no more, for the person to hear of. */
  readonly changed: (kept: Version | undefined) => void
}

/** A name for each month of a dozen years. */
const MAX_NAMED = 200
/** What goes by itself: so many versions, of so many UTF-16 units together, the newest always. */
const MAX_AUTOMATIC = { versions: 60, units: 16 * 1024 * 1024 }
/** The same for text that is nowhere else. */
const MAX_RESCUED = { versions: 100, units: 32 * 1024 * 1024 }

/** What a version is called whose name has no letters. */
const NAMELESS = '-'

const ABOUT = 'a/'
const TEXTS = 't/'

export class KeptVersions implements Versions {
  readonly #parts: VersionsParts
  /** One after the other: each reads what the one before wrote. */
  #last: Promise<unknown> = Promise.resolve()

  constructor(parts: VersionsParts) {
    this.#parts = parts
  }

  async list(): Promise<readonly Version[]> {
    return (await this.#inTurn(() => this.#stored())).map(({ about }) => about)
  }

  async keep(name: string): Promise<Version> {
    this.#parts.journal.begin()
    const kept = await this.#keepNow('named', this.#parts.me(), named(name))
    if (kept === undefined) throw new TooManyVersions(MAX_NAMED)
    return kept
  }

  /** Without a name; resolves when it is handed to the disk, and when there was nothing worth keeping. */
  async keepAutomatic(why: Exclude<Version['why'], 'named'>, by = this.#parts.me()): Promise<void> {
    if (this.#parts.journal.begun) await this.#keepNow(why, by, undefined)
  }

  async name(id: VersionId, name: string): Promise<Version> {
    const about = await this.#inTurn(async () => {
      const stored = await this.#stored()
      const found = stored.find((one) => one.about.id === id)
      if (found === undefined) throw new VersionMissing()
      if (found.about.name === undefined) requireRoom(stored)
      const renamed = { ...found, about: { ...found.about, name: named(name) } }
      this.#parts.journal.write([{ put: 'versions', key: ABOUT + id, value: encodeAbout(renamed) }])
      return renamed.about
    })
    this.#parts.changed(undefined)
    return about
  }

  texts(id: VersionId): Promise<ReadonlyMap<string, string>> {
    return this.#inTurn(async () => {
      const [row] = await this.#rows(TEXTS + id)
      const texts = row && decodeTexts(row.value)
      if (texts === undefined || !texts.ok) throw new VersionMissing()
      return texts.value
    })
  }

  async compare(id: VersionId): Promise<readonly VersionComparison[]> {
    const texts = await this.texts(id)
    const now = textsOf(this.#parts.document())
    return [...texts].map(([root, text]) => ({ root, parts: lineChanges(text, now.get(root) ?? '') }))
  }

  async restore(id: VersionId): Promise<void> {
    const texts = await this.texts(id)
    if (!this.#parts.canEdit()) throw new NotAllowed('Only people who can edit may bring a version back.')
    restoreTexts(this.#parts.document(), texts)
  }

  async delete(id: VersionId): Promise<void> {
    await this.#inTurn(async () => this.#parts.journal.write(deletionOf(id)))
    this.#parts.changed(undefined)
  }

  async #keepNow(why: Version['why'], by: string, name: string | undefined): Promise<Version | undefined> {
    const { crypto, clock, document } = this.#parts
    const texts = textsOf(document())
    const at = clock.now()
    const length = [...texts.values()].reduce((sum, text) => sum + text.length, 0)
    if (length === 0 && why !== 'named') return undefined
    const bytes = encodeTexts(texts)
    const id = `${at.toString(16).padStart(12, '0')}-${toHex(crypto.randomBytes(4))}` as VersionId
    const version = { about: { id, at, why, by, name, length }, mark: crypto.hash(MARK_BYTES, bytes) }
    const isKept = await this.#inTurn(() => this.#add(version, bytes))
    if (!isKept) return undefined
    this.#parts.changed(isRescued(version) ? version.about : undefined)
    return version.about
  }

  /** False: it would say nothing new. */
  async #add(version: StoredVersion, texts: Uint8Array): Promise<boolean> {
    const stored = await this.#stored()
    const { id, why } = version.about
    const isKnown = stored[0] !== undefined && toHex(stored[0].mark) === toHex(version.mark)
    if (isKnown && isAutomatic(version)) return false
    if (why === 'named') requireRoom(stored)
    const changes: Change[] = [
      { put: 'versions', key: ABOUT + id, value: encodeAbout(version) },
      { put: 'versions', key: TEXTS + id, value: texts },
    ]
    for (const old of surplus([version, ...stored])) changes.push(...deletionOf(old.about.id))
    this.#parts.journal.write(changes)
    return true
  }

  /** The newest first. */
  async #stored(): Promise<StoredVersion[]> {
    const versions = (await this.#rows(ABOUT)).flatMap(({ key, value }) => {
      const found = decodeAbout(key.slice(ABOUT.length) as VersionId, value)
      return found.ok ? [found.value] : []
    })
    return versions.reverse()
  }

  async #rows(prefix: string): Promise<readonly Row[]> {
    const { journal } = this.#parts
    await journal.flushed()
    if (journal.isClosed) throw new SessionEnded()
    return journal.read('versions', prefix)
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work)
    this.#last = turn.catch(() => undefined) // whoever asked hears of it; the next has its turn all the same
    return turn
  }
}

function named(name: string): string {
  return cutName(name, MAX_TITLE_BYTES) || NAMELESS
}

function isAutomatic({ about }: StoredVersion): boolean {
  return about.name === undefined && !isRescued({ about })
}

/** It holds text that is nowhere else, or may. */
function isRescued({ about }: Pick<StoredVersion, 'about'>): boolean {
  const isLost = about.why === 'fork' || about.why === 'unshared' || about.why === 'restart'
  return about.name === undefined && isLost
}

/** @throws TooManyVersions */
function requireRoom(stored: readonly StoredVersion[]): void {
  if (stored.filter(({ about }) => about.name !== undefined).length >= MAX_NAMED)
    throw new TooManyVersions(MAX_NAMED)
}

/** Of the newest first: what goes. */
function surplus(versions: readonly StoredVersion[]): StoredVersion[] {
  return [
    ...beyond(versions.filter(isAutomatic), MAX_AUTOMATIC),
    ...beyond(versions.filter(isRescued), MAX_RESCUED),
  ]
}

function beyond(versions: readonly StoredVersion[], most: typeof MAX_AUTOMATIC): StoredVersion[] {
  let units = 0
  return versions.filter(({ about }, index) => {
    units += about.length
    return index > 0 && (index >= most.versions || units > most.units)
  })
}

function deletionOf(id: VersionId): Change[] {
  return [ABOUT, TEXTS].map((prefix) => ({ delete: 'versions', key: prefix + id }))
}
