/**
 * What a page of the benchmark can be asked, whichever product it shows. Both products implement this one
 * interface, so that a scenario cannot favour one of them.
 * Not here: what happens inside (ours.ts, theirs.ts, trystero.ts), who asks (../stage.ts).
 * Invariant: moments are milliseconds on the machine's monotonic clock, the same in every page.
 */

export type Moment = number

export interface CreateRequest {
  /** ws: address of the product's own signaling server. */
  readonly signaling: string
  /** Length of the text the document begins with. */
  readonly units: number
}

export interface EnterRequest {
  readonly signaling: string
  readonly address: string
  /** Length of the text that is there. */
  readonly units: number
  /** Where this person's caret goes. */
  readonly caret: number
}

export interface JoinedMoments {
  /** The person's click on `Join`; for the neighbour, which has no such button, the making of its provider. */
  readonly pressed: Moment
  /** The shared text holds all of it. */
  readonly inDocument: Moment
  /** A frame with it has been drawn by the editor. */
  readonly onScreen: Moment
}

/** One change of the editor that came from elsewhere or here: characters of short insertions so far, and when. */
export type Arrival = readonly [count: number, at: Moment]

export interface TypingRequest {
  readonly count: number
  /** Milliseconds between two keys. */
  readonly pause: number
}

export interface TraceRequest {
  readonly seed: number
  readonly edits: number
}

export interface StoredTrace {
  /** What `openStored` takes, in another page of the same profile. */
  readonly address: string
  /** Length of the text at the end. */
  readonly units: number
  /** Yjs's own encoding of the document. */
  readonly encodedBytes: number
}

/** Bytes in the browser's database: keys and values, as this product laid them out. */
export interface DiskBytes {
  /** What opening needs: the newest state and what came after it. */
  readonly current: number
  /** What is kept for looking back. */
  readonly history: number
}

export interface BenchPage {
  /** Tells the page where its own clock begins on the machine's clock. */
  startClock(origin: Moment): void
  /** A new document with an editor on it, shared. @returns the address for a joiner */
  create(request: CreateRequest): Promise<string>
  /** One more address. @param uses how many may come with it */
  invite(uses: number): Promise<string>
  /** All the way in at once, as far as the own caret. @returns when it began */
  enter(request: EnterRequest): Promise<Moment>
  /** Puts the caret where the others can see it. */
  placeCaret(at: number): void
  /** Waits until the carets of exactly so many others are on screen. @returns when they were */
  whenCarets(others: number): Promise<Moment>
  /** Closes one of this page's connections beneath the product. @returns when */
  cutOne(): Moment
  /** Waits until so many others are linked over open channels that have carried something. @returns when they were */
  whenLinked(others: number): Promise<Moment>
  /** All that happens before the button: for ours the join card, for theirs nothing. */
  knock(signaling: string, address: string): Promise<void>
  /** Presses the button and waits until `units` characters are on screen. */
  join(units: number): Promise<JoinedMoments>
  /** Waits until so many others are connected. */
  linked(others: number): Promise<void>
  /** Types at the end of the text. @returns when each key was dispatched */
  type(request: TypingRequest): Promise<readonly Moment[]>
  /** Moves the caret without editing: to the end of the text and back into it, in turn. */
  wander(request: TypingRequest): Promise<void>
  /** Pastes at the beginning. @returns when it was dispatched */
  paste(units: number): Promise<Moment>
  /** Waits until the editor shows at least so many characters. @returns when they were drawn */
  whenShown(units: number): Promise<Moment>
  /** Forgets the arrivals so far. */
  forgetArrivals(): void
  arrivals(): readonly Arrival[]
  /** Begins to write a made-up session into a stored document, without an editor; closes it when it is stored. */
  store(request: TraceRequest, signaling: string): void
  /** What `store` has stored; undefined while it is still at it. */
  stored(): Promise<StoredTrace | undefined>
  /** Opens what `store` stored. @returns milliseconds until the text holds at least `units` characters */
  openStored(address: string, units: number): Promise<number>
  diskBytes(address: string): Promise<DiskBytes>
}

declare global {
  /** Trystero's page can do a few of these. */
  var bench: Partial<BenchPage> | undefined
}
