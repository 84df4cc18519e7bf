/**
 * Entries on a link. A writer's entries travel in runs: the first segment of a run names device,
 * writer, first seq and the id before it; what follows leaves all of that out, because the run implies it.
 * Both ends keep a small table of open runs; the sender numbers them. A table belongs to one lane of one
 * direction of a link: between lanes there is no order, so a run begun in one cannot go on in the other.
 *
 * segment = run varuint | starts flag | [device 16 | writer 8 | first seq varuint | prev 32] | entries
 * entries = list of (kind u8 | rosterSeq varuint | ciphertext sized | signature 64)
 */
import { Malformed, type Reader, type Writer } from '../base/codec.ts'
import {
  type DeviceId,
  type EntryId,
  ID_BYTES,
  idBytes,
  idOf,
  type SessionId,
  type WriterId,
} from '../base/ids.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { type Entry, type EntryKind, entryId, readKind, readPlace, readSealed, writeKind } from './entry.ts'
import { type ChainId, chainOf } from './heads.ts'
import { MAX_ROSTER_RECORDS, MAX_RUN_ENTRIES, MAX_SEQ } from './limits.ts'
import { type Violation, violation } from './violation.ts'

/** Runs open at once per direction; beyond, the sender starts over with the oldest number. */
export const MAX_RUNS = 1_024

interface RunStart {
  readonly device: DeviceId
  readonly writer: WriterId
  readonly seq: number
  readonly prev: EntryId
}

interface SealedPart {
  readonly kind: EntryKind
  readonly rosterSeq: number
  readonly ciphertext: Uint8Array
  readonly signature: Uint8Array
}

export interface Segment {
  readonly run: number
  readonly start: RunStart | undefined
  readonly parts: readonly SealedPart[]
}

export function writeSegment(writer: Writer, segment: Segment): void {
  writer.varuint(segment.run).flag(segment.start !== undefined)
  if (segment.start !== undefined) {
    const { device, writer: author, seq, prev } = segment.start
    writer.fixed(idBytes(device)).fixed(idBytes(author)).varuint(seq).fixed(idBytes(prev))
  }
  writer.list(segment.parts, (to, part) => {
    writeKind(to, part.kind)
    to.varuint(part.rosterSeq).sized(part.ciphertext).fixed(part.signature)
  })
}

export function readSegment(reader: Reader): Segment {
  const run = reader.varuint(MAX_RUNS - 1)
  const start = reader.flag() ? readStart(reader) : undefined
  const parts = reader.list(MAX_RUN_ENTRIES, 90, (from) => ({
    kind: readKind(from),
    rosterSeq: from.varuint(MAX_ROSTER_RECORDS),
    ...readSealed(from),
  }))
  if (parts.length === 0) throw new Malformed('a segment with no entries')
  return { run, start, parts }
}

function readStart(reader: Reader): RunStart {
  const device = idOf<DeviceId>(reader.fixed(ID_BYTES.device))
  const writer = idOf<WriterId>(reader.fixed(ID_BYTES.writer))
  return { device, writer, ...readPlace(reader) }
}

interface OpenRun {
  readonly device: DeviceId
  readonly writer: WriterId
  next: number
  prev: EntryId
}

/** The sending end of one link. */
export class RunSender {
  readonly #runs = new Map<ChainId, OpenRun & { readonly run: number }>()
  #nextRun = 0

  /** Entries in the order given, neighbours of one writer in one segment. */
  segments(entries: readonly Entry[]): Segment[] {
    const segments: { run: number; start: RunStart | undefined; parts: SealedPart[] }[] = []
    let last: ChainId | undefined
    for (const entry of entries) {
      const { kind, rosterSeq, ciphertext, signature } = entry
      const part = { kind, rosterSeq, ciphertext, signature }
      const chain = chainOf(entry)
      const known = this.#runs.get(chain)
      const continues = known !== undefined && known.next === entry.seq && known.prev === entry.prev
      const open = continues ? known : this.#open(entry)
      const current = segments.at(-1)
      const fits = current !== undefined && current.parts.length < MAX_RUN_ENTRIES
      if (fits && continues && last === chain) current.parts.push(part)
      else segments.push({ run: open.run, start: continues ? undefined : startOf(entry), parts: [part] })
      open.next = entry.seq + 1
      open.prev = entry.id
      last = chain
    }
    return segments
  }

  #open(entry: Entry): OpenRun & { readonly run: number } {
    const run = this.#runs.get(chainOf(entry))?.run ?? this.#number()
    const open = { run, device: entry.device, writer: entry.writer, next: entry.seq, prev: entry.prev }
    this.#runs.set(chainOf(entry), open)
    return open
  }

  #number(): number {
    const run = this.#nextRun
    this.#nextRun = (run + 1) % MAX_RUNS
    for (const [chain, open] of this.#runs) if (open.run === run) this.#runs.delete(chain)
    return run
  }
}

function startOf(entry: Entry): RunStart {
  return { device: entry.device, writer: entry.writer, seq: entry.seq, prev: entry.prev }
}

/** The receiving end of one link. */
export class RunReceiver {
  readonly #crypto: Crypto
  readonly #session: SessionId
  readonly #runs = new Map<number, OpenRun>()

  constructor(crypto: Crypto, session: SessionId) {
    this.#crypto = crypto
    this.#session = session
  }

  /** Whole entries with their ids, views into what was decoded (who keeps one copies it), or the violation of naming a run that was never begun. */
  entries(segments: readonly Segment[]): Entry[] | Violation {
    const entries: Entry[] = []
    for (const segment of segments) {
      if (segment.start !== undefined)
        this.#runs.set(segment.run, { ...segment.start, next: segment.start.seq })
      const open = this.#runs.get(segment.run)
      if (open === undefined) return violation('malformed', 'entries of a run that was never begun')
      if (open.next + segment.parts.length - 1 > MAX_SEQ) return violation('malformed', 'a chain without end')
      for (const part of segment.parts) entries.push(this.#entry(open, part))
    }
    return entries
  }

  #entry(open: OpenRun, part: SealedPart): Entry {
    const { device, writer, next: seq, prev } = open
    const header = {
      kind: part.kind,
      rosterSeq: part.rosterSeq,
      session: this.#session,
      device,
      writer,
      seq,
      prev,
    }
    const id = entryId(this.#crypto, header, part.ciphertext)
    open.next = seq + 1
    open.prev = id
    return { ...header, id, ciphertext: part.ciphertext, signature: part.signature }
  }
}
