/**
 * What tabs of one browser post to each other, all of them hearing everything. None of it is secret: `data` is sealed
 * by the link on top, and the rest says which tab leads.
 *
 * note = kind u8 | from 8 | to 8 (zeros: everybody) | payload
 * payload: of data what the channel carries; of lead: term varuint | sight u8 (0 seen, 1 hidden) | deputy 8 (zeros: none)
 */
import { decode, Malformed, type Reader, Writer } from '../base/codec.ts'
import { ID_BYTES, type InstanceId, idBytes, idOf } from '../base/ids.ts'
import type { LeadingNote, Sight } from '../protocol/leading.ts'

export type TabWord =
  /** I have this session open. To everybody: say so too. */
  | { readonly kind: 'here' }
  | { readonly kind: 'data'; readonly payload: Uint8Array }
  /** The channel between us is over. */
  | { readonly kind: 'gone' }
  | LeadingNote

export interface TabNote {
  readonly from: InstanceId
  readonly to: InstanceId
  readonly word: TabWord
}

export const EVERYBODY = '0'.repeat(16) as InstanceId
const KINDS = ['here', 'data', 'gone', 'ask', 'lead', 'wish', 'yield'] as const satisfies TabWord['kind'][]
const SIGHTS: readonly Sight[] = ['seen', 'hidden']

export function encodeTabNote({ from, to, word }: TabNote): Uint8Array {
  const writer = new Writer().u8(KINDS.indexOf(word.kind)).fixed(idBytes(from)).fixed(idBytes(to))
  if (word.kind === 'data') writer.fixed(word.payload)
  if (word.kind === 'lead')
    writer
      .varuint(word.term)
      .u8(SIGHTS.indexOf(word.sight))
      .fixed(idBytes(word.deputy ?? EVERYBODY))
  return writer.finish()
}

/** @returns undefined for what no tab of ours says */
export function decodeTabNote(bytes: Uint8Array): TabNote | undefined {
  const read = decode(bytes, (reader): TabNote => {
    const kind = KINDS[reader.u8()]
    if (kind === undefined) throw new Malformed('unknown kind of note')
    return { from: readInstance(reader), to: readInstance(reader), word: readWord(reader, kind) }
  })
  return read.ok ? read.value : undefined
}

function readWord(reader: Reader, kind: TabWord['kind']): TabWord {
  if (kind === 'data') return { kind, payload: reader.rest() }
  if (kind !== 'lead') return { kind }
  const term = reader.varuint()
  const sight = SIGHTS[reader.u8()]
  if (sight === undefined) throw new Malformed('unknown sight')
  const deputy = readInstance(reader)
  return { kind, term, sight, deputy: deputy === EVERYBODY ? undefined : deputy }
}

function readInstance(reader: Reader): InstanceId {
  return idOf<InstanceId>(reader.fixed(ID_BYTES.instance))
}
