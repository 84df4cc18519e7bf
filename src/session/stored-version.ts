/**
 * A version as it lies on this device, in two rows, so that the list is read without the texts. Bytes <-> values; the
 * store seals them.
 * about = format u8 | at u48 | why u8 | by text | name text, empty: none | length varuint | mark 16
 * texts = format u8 | list of { root text | text }
 */
import { type Decoded, decode, Malformed, Writer } from '../base/codec.ts'
import {
  MAX_CHECKPOINT_BYTES,
  MAX_NAME_BYTES,
  MAX_PERSON_NAME_BYTES,
  MAX_TITLE_BYTES,
} from '../wire/limits.ts'
import type { Version, VersionId } from './version.ts'

const FORMAT = 1
export const MARK_BYTES = 16
const REASONS: readonly Version['why'][] = [
  'named',
  'start',
  'end',
  'merge',
  'restart',
  'fork',
  'unshared',
  'deletion',
]
const MAX_ROOTS = 256

export interface StoredVersion {
  readonly about: Version
  /** Hash of its texts: two equal ones in a row need not both be kept. */
  readonly mark: Uint8Array
}

export function encodeAbout({ about, mark }: StoredVersion): Uint8Array {
  const writer = new Writer().u8(FORMAT).u48(about.at).u8(REASONS.indexOf(about.why)).text(about.by)
  return writer
    .text(about.name ?? '')
    .varuint(about.length)
    .fixed(mark)
    .finish()
}

export function decodeAbout(id: VersionId, bytes: Uint8Array): Decoded<StoredVersion> {
  return decode(bytes, (reader) => {
    if (reader.u8() !== FORMAT) throw new Malformed('stored by another version')
    const at = reader.u48()
    const why = REASONS[reader.u8()]
    if (why === undefined) throw new Malformed('unknown reason')
    const by = reader.text(4 * MAX_PERSON_NAME_BYTES)
    const name = reader.text(MAX_TITLE_BYTES) || undefined
    const about = { id, at, why, by, name, length: reader.varuint() }
    return { about, mark: reader.fixed(MARK_BYTES).slice() }
  })
}

export function encodeTexts(texts: ReadonlyMap<string, string>): Uint8Array {
  const writer = new Writer().u8(FORMAT)
  return writer.list([...texts], (to, [root, text]) => to.text(root).text(text)).finish()
}

export function decodeTexts(bytes: Uint8Array): Decoded<Map<string, string>> {
  return decode(bytes, (reader) => {
    if (reader.u8() !== FORMAT) throw new Malformed('stored by another version')
    const pairs = reader.list(MAX_ROOTS, 2, (from): [string, string] => [
      from.text(MAX_NAME_BYTES),
      from.text(MAX_CHECKPOINT_BYTES),
    ])
    return new Map(pairs)
  })
}
