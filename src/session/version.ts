/**
 * Versions as people code against them: the texts of a session as they were at some moments. They are kept on this
 * device alone, sealed, and never sent. Types only; versions.ts implements them.
 */
import type { Millis } from '../base/ports.ts'
import type { LinePart } from '../doc/line-changes.ts'

export type VersionId = string & { readonly kind: 'version' }

export interface Version {
  readonly id: VersionId
  /** ms since 1970, by this device's clock. */
  readonly at: Millis
  /**
   * `named`: kept by hand. `start`, `end`: the session was opened or left. `merge`: before what was typed apart from
   * everybody came together with theirs. `deletion`: before somebody else deleted most of the text. `restart`: before the session began anew.
   * `fork`: text that no longer counts, because a device wrote two different histories.
   * `unshared`: text of this device that no longer counts, because its role was lowered, or it was removed, first.
   */
  readonly why: 'named' | 'start' | 'end' | 'merge' | 'deletion' | 'restart' | 'fork' | 'unshared'
  /** Whose act or text it is: the person's name at that time. */
  readonly by: string
  readonly name: string | undefined
  /** UTF-16 units of all its texts. */
  readonly length: number
}

/** How one text root differs: 'before' is in the version only, 'after' is in the text as it is now only. */
export interface VersionComparison {
  readonly root: string
  readonly parts: readonly LinePart[]
}

export interface Versions {
  /** The newest first. */
  list(): Promise<readonly Version[]>
  /** Keeps the text as it is now, under a name; such a version stays until it is deleted. @throws TooManyVersions */
  keep(name: string): Promise<Version>
  /** Gives a version a name: from now on it stays until it is deleted. @throws VersionMissing, TooManyVersions */
  name(id: VersionId, name: string): Promise<Version>
  /** By text root. @throws VersionMissing */
  texts(id: VersionId): Promise<ReadonlyMap<string, string>>
  /** @throws VersionMissing */
  compare(id: VersionId): Promise<readonly VersionComparison[]>
  /** Brings its texts back, as an edit of one's own that is shared and can be undone. @throws VersionMissing, NotAllowed */
  restore(id: VersionId): Promise<void>
  delete(id: VersionId): Promise<void>
}
