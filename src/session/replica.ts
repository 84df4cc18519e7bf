/**
 * One device's copy of a session: roster, log, document and journal, and the order in which they act on
 * each other. The driver of the log: it performs every output of a step before the next input. It knows
 * nothing of links; what it has to say to them goes to its listener.
 */
import { assert } from '../base/assert.ts'
import { equalBytes } from '../base/bytes.ts'
import { type DeviceId, ID_BYTES, type InstanceId, idOf, type WriterId } from '../base/ids.ts'
import { disagreement } from '../doc/agreement.ts'
import { Capture } from '../doc/capture.ts'
import { applyWhole, type SharedDocument } from '../doc/document.ts'
import { reenter, textsOf } from '../doc/foreign.ts'
import { catchUp, rebuild } from '../doc/rebuilding.ts'
import type { Schema } from '../doc/schema.ts'
import { inspectState } from '../doc/state.ts'
import { type Chain, heldSeq } from '../protocol/chain.ts'
import { chainFor, isSettled, type LogOutput, type LogState, step } from '../protocol/log.ts'
import {
  appliedHeads,
  compare,
  covers,
  forgetOthers,
  joinBases,
  mayBeOtherBranch,
  openCheckpoint,
  replay,
} from '../protocol/rebase.ts'
import { isComplete, isOwnersCopy } from '../protocol/restarting.ts'
import type { Roster } from '../protocol/roster.ts'
import { passesCut } from '../protocol/validity.ts'
import { openBlob } from '../wire/blob.ts'
import type { BlobReference, Checkpoint } from '../wire/checkpoint.ts'
import { type Entry, type EntryKind, encodeEntry } from '../wire/entry.ts'
import type { ChainId } from '../wire/heads.ts'
import { clientIdOf } from '../wire/presence.ts'
import { isViolation, type Violation } from '../wire/violation.ts'
import { Bases } from './bases.ts'
import type { Environment } from './environment.ts'
import type { Journal } from './journal.ts'
import type { Keyring } from './keyring.ts'
import { OwnCheckpoints } from './own-checkpoints.ts'
import { Restarting } from './restarting.ts'
import { encodeFork, entryKey, forkKey, type StoredBase } from './stored.ts'
import { Vouching } from './vouching.ts'

export interface ReplicaListener {
  /** Newly held, own or from `from`: spread it. */
  held(entry: Entry, from: InstanceId | undefined): void
  duplicate(entry: Entry, from: InstanceId | undefined): void
  gap(from: InstanceId | undefined): void
  rosterBehind(from: InstanceId | undefined): void
  violated(violation: Violation, from: InstanceId | undefined): void
  /** Entries that tell others of a writer which contradicted itself, all of them or the one who told us of it. */
  forked(entries: readonly Entry[], to: InstanceId | undefined): void
  /** An own edit that cannot be shared: the app's fault, with the remedy in its message. */
  refused(error: Error): void
  /** A device did what its roster role forbids, or contradicted itself. */
  misbehaved(
    device: Entry['device'],
    because: 'forked' | 'void' | 'refused' | 'false-checkpoint',
    detail: string,
  ): void
  /** A checkpoint that `from` believes contradicts what is known here. */
  contradicted(from: InstanceId | undefined): void
  /** A checkpoint brings news and its state is a blob that is not here. */
  blobWanted(reference: BlobReference, from: InstanceId | undefined): void
  /** Text is about to go out of the document: that device's, which does not count (any more), or much at that device's word. */
  losing(why: 'unshared' | 'fork' | 'deletion' | 'restart', device: DeviceId): void
  /** The owner had the session begin anew: what stood against it before is settled. */
  restarted(): void
  /** Another tab of this device writes as that client. */
  isOpenElsewhere(clientID: number): boolean
  replaced(document: SharedDocument): void
  rebased(): void
}

interface Awaited {
  readonly entry: Entry
  readonly from: InstanceId | undefined
  readonly checkpoint: Checkpoint
}

export interface ReplicaParts {
  readonly environment: Environment
  readonly keyring: Keyring
  readonly roster: Roster
  readonly schema: Schema
  readonly log: LogState
  readonly document: SharedDocument
  readonly journal: Journal
  readonly writer: WriterId
  readonly base: StoredBase | undefined
  /** The checkpoint entry that signs `base`. */
  readonly checkpoint: Entry | undefined
  readonly listener: ReplicaListener
}

export class Replica {
  readonly roster: Roster
  readonly log: LogState
  /** What this device hands to others. */
  readonly checkpoints: OwnCheckpoints
  /** Whether this tab may start the log on the disk anew: one tab of a device at a time. */
  mayTrim = false
  readonly #environment: Environment
  readonly #keyring: Keyring
  readonly #schema: Schema
  readonly #journal: Journal
  readonly #listener: ReplicaListener
  readonly #capture: Capture
  #writer: WriterId
  #clientID: number
  #document: SharedDocument
  #phase: 'open' | 'stopped' = 'open'
  /** What is to be done once the local edit is over. */
  #owed = 0
  #awaited: Awaited | undefined
  readonly #bases: Bases
  readonly #vouching: Vouching
  readonly #restarting: Restarting
  /** Whose checkpoints are not taken any more. */
  readonly #distrusted = new Set<DeviceId>()

  constructor(parts: ReplicaParts) {
    this.#environment = parts.environment
    this.#keyring = parts.keyring
    this.roster = parts.roster
    this.#schema = parts.schema
    this.log = parts.log
    this.#journal = parts.journal
    this.#listener = parts.listener
    this.#document = parts.document
    this.#writer = parts.writer
    this.#clientID = clientIdOf(parts.environment.crypto, this.#keyring.sign.publicKey, this.#writer)
    this.#document.setWriter(this.#clientID, 0)
    this.#heedDeletions()
    this.#capture = new Capture({
      document: this.#document,
      clientID: this.clientID,
      clock: parts.environment.clock,
      emit: (updates) => this.#emit(updates),
      fail: (error) => this.#takeBack(error),
    })
    this.#bases = new Bases({
      log: parts.log,
      journal: parts.journal,
      me: this.#keyring.device,
      now: () => parts.environment.clock.now(),
      opened: parts.base,
      signedBy: parts.checkpoint,
    })
    this.#vouching = new Vouching({
      ...{ log: parts.log, clock: parts.environment.clock, me: this.#keyring.device },
      chance: () => (parts.environment.crypto.randomBytes(1)[0] as number) / 256,
      mayWrite: () => this.#keyring.canWrite(this.roster),
      perform: (outputs) => this.#perform(outputs, undefined, true),
      author: (body) => this.author('adopt', body),
      rebuild: (reenters) => this.rebuildDocument(reenters),
      losing: (chains) => this.#losing(chains),
      dropBase: () => this.#dropBase(),
    })
    this.#restarting = this.#makeRestarting()
    this.checkpoints = this.#makeCheckpoints(parts)
  }

  #makeCheckpoints({ base, checkpoint }: ReplicaParts): OwnCheckpoints {
    return new OwnCheckpoints(
      {
        ...{ crypto: this.#environment.crypto, log: this.log, bases: this.#bases },
        document: () => this.#document,
        chain: () => this.chain,
        mayWrite: () => this.#keyring.canWrite(this.roster),
        mayTrim: () => this.mayTrim,
        flush: () => this.flush(),
        author: (body) => this.author('checkpoint', body),
        rebased: () => this.#listener.rebased(),
      },
      base && checkpoint && { base, entry: checkpoint },
    )
  }

  #makeRestarting(): Restarting {
    const listener = this.#listener
    return new Restarting({
      ...{ log: this.log, bases: this.#bases, journal: this.#journal, schema: this.#schema },
      me: this.#keyring.device,
      document: () => this.#document,
      writer: () => this.#writer,
      mayWrite: () => this.#keyring.canWrite(this.roster),
      mayTrim: () => this.mayTrim,
      isOpenElsewhere: (clientID) => listener.isOpenElsewhere(clientID),
      isInStep: () => this.isInStep,
      perform: (outputs) => this.#perform(outputs, undefined, true),
      flush: () => this.flush(),
      rebuild: (reenter) => this.#rebuild(reenter),
      emptied: () => {
        this.#empty()
        this.#startNewWriter() // how far the one before got is forgotten too
      },
      rebased: () => listener.rebased(),
      checkpoint: () => void this.checkpoints.make(),
      begins: () => {
        listener.losing('restart', this.roster.owner)
        listener.restarted()
      },
    })
  }

  get writer(): WriterId {
    return this.#writer
  }

  get clientID(): number {
    return this.#clientID
  }

  get document(): SharedDocument {
    return this.#document
  }

  get chain(): Chain | undefined {
    return chainFor(this.log, { device: this.#keyring.device, writer: this.writer })
  }

  /** Undefined, too, once everything the awaited checkpoint would bring has come another way. */
  get awaitsBlob(): BlobReference | undefined {
    const awaited = this.#awaited
    if (awaited?.checkpoint.state.kind !== 'blob') return undefined
    if (!this.#bringsNews(awaited.checkpoint) && !this.#isWordAgainstBase(awaited.entry)) return undefined
    return awaited.checkpoint.state.reference
  }

  #bringsNews(checkpoint: Checkpoint): boolean {
    const { freeClocks } = this.log
    const hasFreeNews = checkpoint.free.some(({ clientID, clock }) => (freeClocks.get(clientID) ?? 0) < clock)
    return hasFreeNews || compare(this.log, checkpoint) === 'brings-news'
  }

  /** UTF-16 units of all text roots. */
  get textUnits(): number {
    const { doc } = this.#document
    const names = Object.keys(this.#schema.roots).filter((name) => this.#schema.roots[name] === 'text')
    return names.reduce((sum, name) => sum + doc.getText(name).length, 0)
  }

  receive(entries: readonly Entry[], from: InstanceId): void {
    this.#perform(step(this.log, { type: 'received', entries }).outputs, from, true)
    this.#restarting.settle()
  }

  /** What a Restart left to do, once it can be done. */
  tidy(): void {
    this.#restarting.tidy()
  }

  /** Entries from the own disk, and what is known of writers that contradicted themselves. */
  reopen(entries: readonly Entry[], proofs: readonly (readonly [Entry, Entry])[] = []): void {
    step(this.log, { type: 'forks-reopened', proofs })
    this.#perform(step(this.log, { type: 'reopened', entries }).outputs, undefined, false)
    // by then it is known whether this tab looks after what others left
    this.#afterEdit(() => this.#restarting.heed())
  }

  rosterGrew(): void {
    this.flush()
    this.#perform(step(this.log, { type: 'roster-grew' }).outputs, undefined, true)
    this.#restarting.heed()
    if (this.#keyring.canWrite(this.roster) && this.#isOwnChainClosed()) this.#startNewWriter()
  }

  #isOwnChainClosed(): boolean {
    const own = this.chain
    if (own === undefined) return false
    const isAhead = own.rosterSeq > this.roster.seq // of a roster that was healed since
    const isStuck = isAhead || own.applied < heldSeq(own) // it built on what does not count any more
    return isStuck || own.ended !== undefined || own.validTo !== Number.POSITIVE_INFINITY
  }

  /** A writer that was cut is closed for good; whoever may write again goes on as another. */
  #startNewWriter(): void {
    const { crypto } = this.#environment
    this.#writer = idOf<WriterId>(crypto.randomBytes(ID_BYTES.writer))
    this.#clientID = clientIdOf(crypto, this.#keyring.sign.publicKey, this.#writer)
    this.#document.setWriter(this.#clientID, 0)
    this.#capture.rebind(this.#document, this.#clientID)
  }

  author(kind: EntryKind, body: Uint8Array): void {
    this.#perform(this.#make(kind, body), undefined, true)
  }

  #make(kind: EntryKind, body: Uint8Array): readonly LogOutput[] {
    const keys = { device: this.#keyring.device, sign: this.#keyring.sign }
    const now = this.#environment.clock.now()
    return step(this.log, { type: 'author', kind, body, writer: this.writer, keys, now }).outputs
  }

  /** Whether something typed is in no entry yet. */
  get isCapturing(): boolean {
    return this.#capture.isWaiting
  }

  /** The document shows what is applied and nothing else: nothing typed waits for its entry, or to be taken back. */
  get isInStep(): boolean {
    const written = this.chain?.appliedClock ?? 0
    return !this.isCapturing && this.#owed === 0 && this.#document.nextClock(this.clientID) === written
  }

  /** Lets out what was typed in the last moments. */
  flush(): void {
    this.#capture.flush()
  }

  stop(): void {
    if (this.#phase === 'open') this.#vouching.settle()
    this.#phase = 'stopped'
    this.#vouching.stop()
    this.#capture.stop()
    this.#document.release()
  }

  digest(): Uint8Array {
    return this.#document.digest(this.#environment.crypto)
  }

  // Local edits ----------------------------------------------------------------------------------------------

  #emit(updates: readonly Uint8Array[]): void {
    if (!this.#keyring.canWrite(this.roster)) return this.#takeBack(undefined)
    // all are made before the first leaves: sending takes turns with the network, making does not
    const outputs = updates.flatMap((update) => this.#make('edit', update))
    this.#perform(outputs, undefined, true)
    if (!isSettled(this.log))
      this.#afterEdit(() => this.#perform(step(this.log, { type: 'settle' }).outputs, undefined, true))
  }

  /** An edit nobody else can get: the document is rebuilt without it, and text that may be shared entered again. */
  #takeBack(error: Error | undefined): void {
    if (error === undefined) this.#listener.losing('unshared', this.#keyring.device)
    else this.#listener.refused(error)
    this.#afterEdit(() => this.rebuildDocument())
  }

  /** Nothing remote is applied inside a local edit: its editor is in the middle of an update. */
  #afterEdit(work: () => void): void {
    this.#owed++
    this.#environment.clock.wakeAfter(0, () => {
      this.#owed--
      if (this.#phase === 'open') work()
    })
  }

  // Outputs of the log ---------------------------------------------------------------------------------------

  #perform(outputs: readonly LogOutput[], from: InstanceId | undefined, store: boolean): void {
    for (const output of outputs) this.#output(output, from, store)
  }

  /** What came from others they hold too; what they bring back of our own is called saved once it is here again. */
  #keep({ entry }: Extract<LogOutput, { type: 'held' }>): void {
    const key = entryKey(entry)
    if (entry.device === this.#keyring.device) this.#journal.putOwn('entries', key, encodeEntry(entry))
    else this.#journal.putUnhurried('entries', key, encodeEntry(entry))
  }

  #output(output: LogOutput, from: InstanceId | undefined, store: boolean): void {
    switch (output.type) {
      case 'held':
        this.#bases.added(output.entry)
        if (store) this.#keep(output)
        if (store) this.#listener.held(output.entry, output.own ? undefined : from)
        return
      case 'applied':
        if (output.held.entry.kind === 'checkpoint' && !output.own) this.#consider(output.held.entry, from)
        return
      case 'duplicate':
        this.#considerParked(output.entry, from)
        return this.#listener.duplicate(output.entry, from)
      case 'gap':
        if (output.entry.kind === 'checkpoint' && this.#consider(output.entry, from)) return
        return this.#listener.gap(from)
      case 'roster-behind':
        return this.#listener.rosterBehind(from)
      case 'fork':
        return this.#forked(output)
      case 'fork-below':
        return this.#listener.forked(output.entries, from)
      case 'ended':
        return this.#listener.misbehaved(output.device, output.because, output.detail)
      case 'voided':
        return this.#voided(output.chains)
      case 'dropped':
        return this.#journal.write([{ delete: 'entries', key: entryKey(output.entry) }])
      case 'violation':
        return this.#listener.violated(output.violation, from)
      default:
        return output satisfies never
    }
  }

  #forked({ device, proof, first }: Extract<LogOutput, { type: 'fork' }>): void {
    const { fork, id } = chainFor(this.log, proof[0]) ?? {}
    if (fork !== undefined && id !== undefined)
      this.#journal.write([{ put: 'roster', key: forkKey(id), value: encodeFork(fork) }])
    this.#listener.forked(proof, undefined)
    if (first) this.#listener.misbehaved(device, 'forked', 'it wrote two different histories')
  }

  /** An own writer that does not count any more is told before the session ends, which it does at a removal. */
  #voided(chains: readonly ChainId[]): void {
    const me = this.#keyring.device
    const mine = chains.filter((id) => this.log.chains.get(id)?.device === me)
    if (mine.length > 0) this.#listener.losing('unshared', me)
    this.#afterEdit(() => this.#vouching.voided(chains))
  }

  #heedDeletions(): void {
    this.#document.heedDeletions((clientID) => {
      const device = this.log.byClient.get(clientID)?.device
      if (device !== undefined) this.#listener.losing('deletion', device)
    })
  }

  #losing(chains: readonly ChainId[]): void {
    const forked = chains.map((id) => this.log.chains.get(id)).find((chain) => chain?.fork !== undefined)
    if (forked !== undefined) this.#listener.losing('fork', forked.device)
  }

  // Checkpoints of others ------------------------------------------------------------------------------------

  /** A checkpoint that waits for entries which are gone here may be the one thing that brings them. */
  #considerParked(entry: Entry, from: InstanceId | undefined): void {
    if (entry.kind !== 'checkpoint') return
    const chain = chainFor(this.log, entry)
    if (chain !== undefined && chain.applied < entry.seq) this.#consider(entry, from)
  }

  /** True when the checkpoint brings news (now, or once its blob is here). */
  #consider(entry: Entry, from: InstanceId | undefined): boolean {
    if (this.#distrusted.has(entry.device)) return false
    const checkpoint = openCheckpoint(this.log, entry)
    if (checkpoint === undefined) return false
    if (isViolation(checkpoint)) {
      this.#listener.violated(checkpoint, from)
      return false
    }
    const freeNews = checkpoint.free.some(
      (free) => (this.log.freeClocks.get(free.clientID) ?? 0) < free.clock,
    )
    const ownersWord = this.#isWordAgainstBase(entry)
    const verdict = compare(this.log, checkpoint, entry.device)
    // whoever signed it did not know of a cut: of use only once somebody vouches for what it covers
    if (passesCut(this.log, { ...checkpoint, rosterSeq: entry.rosterSeq })) return false
    if (verdict === 'roster-behind') {
      this.#listener.rosterBehind(from)
      return false
    }
    if (verdict === 'contradicts') return this.#contradicted(entry, from, 'entries that are not')
    if (verdict === 'disputes') return this.#contradicted(entry, from, undefined)
    if (verdict === 'nothing-new' && !freeNews && !ownersWord) return false
    if (checkpoint.state.kind === 'inline')
      return this.#adopt({ entry, checkpoint, from }, checkpoint.state.bytes)
    this.#awaited = { entry, checkpoint, from }
    this.#listener.blobWanted(checkpoint.state.reference, from)
    return true
  }

  /** The owner's checkpoint, and the base is somebody else's word. */
  #isWordAgainstBase(entry: Entry): boolean {
    const { by } = this.#bases
    return entry.device === this.roster.owner && by !== undefined && by !== entry.device
  }

  /** All pieces of the awaited blob are here. False: they are not what the checkpoint names. */
  blobArrived(pieces: readonly Uint8Array[]): boolean {
    const awaited = this.#awaited
    if (awaited?.checkpoint.state.kind !== 'blob') return false
    const state = openBlob(this.#environment.crypto, awaited.checkpoint.state.reference, pieces)
    if (state === undefined) return false
    this.#awaited = undefined
    this.#adopt(awaited, state)
    this.#restarting.settle()
    return true
  }

  #adopt(awaited: Awaited, state: Uint8Array): boolean {
    const { entry, checkpoint, from } = awaited
    this.flush()
    const clocks = this.#clocksOf(checkpoint)
    const fault = clocks && inspectState(state, clocks, this.#schema)
    if (clocks === undefined || fault !== undefined)
      return this.#discard(entry, from, fault?.detail ?? 'it names a writer nobody knows')
    const rebuilt = rebuild({ schema: this.#schema, state, updates: [] })
    if (isViolation(rebuilt)) return this.#discard(entry, from, rebuilt.detail)
    const fresh = rebuilt.document
    if (!equalBytes(fresh.digest(this.#environment.crypto), checkpoint.digest))
      return this.#discard(entry, from, 'its text is not what it says')
    const later = covers(checkpoint, this.#applied())
    const isDecided = isOwnersCopy(this.log, checkpoint) && !isComplete(this.log)
    const objection = isDecided ? undefined : disagreement(this.#document.doc, fresh.doc, later)
    if (objection !== undefined) {
      const suspects = { author: entry.device, clientID: objection.clientID }
      const isExcused = mayBeOtherBranch(this.log, checkpoint, suspects)
      return this.#contradicted(entry, from, isExcused ? undefined : objection.what)
    }
    if (this.#isWordAgainstBase(entry)) this.#bases.by = entry.device
    const own = this.#bases.memory
    if (own === undefined || covers(checkpoint, own)) {
      const { heads, free } = checkpoint
      this.#moveTo(fresh, { heads, free, rosterSeq: entry.rosterSeq, state }, entry)
      this.checkpoints.took({ entry, checkpoint, plain: state })
      return true
    }
    // what the own base has beyond the checkpoint is in no entry any more: both together are the new base
    applyWhole(fresh.doc, own.state)
    const rosterSeq = Math.min(entry.rosterSeq, own.rosterSeq)
    this.#moveTo(fresh, { ...joinBases(checkpoint, own), rosterSeq, state: fresh.encodeState() }, undefined)
    this.checkpoints.took(undefined)
    return true
  }

  /** Starts the log from `base`, which `fresh` holds, and brings the document to what is held beyond it. */
  #moveTo(fresh: SharedDocument, base: StoredBase, signedBy: Entry | undefined): void {
    const clocks = this.#clocksOf(base)
    assert(clocks !== undefined, 'both bases name writers that are known')
    this.#bases.moveTo(base, signedBy, () => this.#replayOn(fresh, clocks))
    this.#listener.rebased()
  }

  #applied(): Pick<Checkpoint, 'heads' | 'free'> {
    const free = [...this.log.freeClocks].map(([clientID, clock]) => ({ clientID, clock }))
    return { heads: appliedHeads(this.log), free }
  }

  /** Against what came in entries the checkpoint lies; against a base of somebody else only the owner's word counts.
   *  `lie` is undefined where a writer may have told two histories: nobody is named before that is known. */
  #contradicted(entry: Entry, from: InstanceId | undefined, lie: string | undefined): boolean {
    const isLie = lie !== undefined
    if (this.#isWordAgainstBase(entry))
      return this.doubtBase(entry.device, isLie) && this.#consider(entry, from)
    if (this.#bases.by !== undefined) return false
    if (isLie) return this.#discard(entry, from, `it holds ${lie}`)
    this.#listener.contradicted(from)
    return false
  }

  /** A newcomer's base is another device's word until the owner's says otherwise. True: it was dropped, and
   *  everything is asked for anew. Not once something was typed on it: own entries need what it brought. */
  doubtBase(witness: DeviceId, isLie = true): boolean {
    const { by } = this.#bases
    const own = this.chain
    const isMine = own !== undefined && heldSeq(own) > 0
    if (by === undefined || by === witness || by === this.roster.owner || isMine) return false
    if (isLie) {
      this.#distrusted.add(by)
      this.#listener.misbehaved(by, 'false-checkpoint', 'its checkpoint contradicts what others hold')
    }
    this.#dropBase()
    return true
  }

  /** Forgets everything but the own chain, to be told it all anew. */
  #dropBase(): void {
    const own = this.chain
    forgetOthers(this.log, (chain) => chain === own)
    this.#bases.drop()
    this.#empty()
  }

  /** Nothing stands under what the log holds any more. */
  #empty(): void {
    const rebuilt = rebuild({ schema: this.#schema, updates: [] })
    assert(!isViolation(rebuilt), 'an empty document is sound')
    this.checkpoints.took(undefined)
    this.#awaited = undefined
    this.#replayOn(rebuilt.document, new Map())
    this.#listener.rebased()
  }

  #discard(entry: Entry, from: InstanceId | undefined, detail: string): false {
    this.#listener.misbehaved(entry.device, 'false-checkpoint', detail)
    this.#listener.contradicted(from)
    return false
  }

  #clocksOf(base: Pick<Checkpoint, 'heads' | 'free'>): Map<number, number> | undefined {
    const clocks = new Map(base.free.map((free) => [free.clientID, free.clock]))
    for (const head of base.heads) {
      const chain = chainFor(this.log, head)
      if (chain === undefined || clocks.has(chain.clientID)) return undefined
      if (head.nextClock > 0) clocks.set(chain.clientID, head.nextClock)
    }
    return clocks
  }

  /** Checkpoints among what is replayed are nothing new: one taken now would move the log in the midst of its move. */
  #replay(fresh: SharedDocument, clocks: ReadonlyMap<number, number>): void {
    const outputs = replay(this.log, fresh, clocks).filter(({ type }) => type !== 'applied')
    this.#perform(outputs, undefined, false)
  }

  /** Replays what is held on `fresh`, which holds the base, and brings the live document to the same. */
  #replayOn(fresh: SharedDocument, clocks: ReadonlyMap<number, number>): void {
    this.#replay(fresh, clocks)
    const live = this.#document
    const caughtUp = catchUp(live, fresh)
    this.#document = caughtUp === 'same-document' ? live : fresh
    this.log.evaluator = this.#document
    if (caughtUp === 'same-document') return
    this.#document.setWriter(this.clientID, this.#document.nextClock(this.clientID))
    this.#capture.rebind(this.#document, this.clientID)
    this.#heedDeletions()
    live.release()
    this.#listener.replaced(this.#document)
    this.#changeBranches()
  }

  // Rebuilding ------------------------------------------------------------------------------------------------

  /** A fresh document from base and log in canonical order; whatever came in past the log is taken out of it, and
   *  `reenters`: entered again as an own edit. */
  rebuildDocument(reenters = true): void {
    this.#rebuild((before) => {
      if (this.#keyring.canWrite(this.roster) && reenters) reenter(this.#document, textsOf(before))
    })
  }

  #rebuild(enterAgain: (before: SharedDocument) => void): void {
    this.flush() // what was typed in the last moments is in the log, maps and arrays too
    const before = this.#document
    const base = this.#bases.memory
    const clocks = (base && this.#clocksOf(base)) ?? new Map<number, number>()
    const rebuilt = rebuild({ schema: this.#schema, state: base?.state, updates: [] })
    assert(!isViolation(rebuilt), 'the own base was checked when it was taken')
    const fresh = rebuilt.document
    this.#replay(fresh, clocks)
    fresh.setWriter(this.clientID, fresh.nextClock(this.clientID))
    this.#document = fresh
    this.#capture.rebind(fresh, this.clientID)
    this.#heedDeletions()
    this.#listener.replaced(fresh)
    if (this.#keyring.canWrite(this.roster) && this.#isOwnChainClosed()) this.#startNewWriter()
    enterAgain(before)
    before.release()
    this.#listener.rebased()
    this.#changeBranches()
  }

  /** Branches that survive take the places of those that were in the document until now. */
  #changeBranches(): void {
    if ([...this.log.chains.values()].every(({ successor }) => successor === undefined)) return
    this.#perform(step(this.log, { type: 'settle' }).outputs, undefined, true)
  }
}
