/**
 * The neighbour's page: y-webrtc with its own signaling server, y-codemirror.next with cursors and undo,
 * y-indexeddb on the disk; each used as its own documentation shows.
 * Two settings differ from its defaults: no STUN servers (ours asks none either; here nothing answers), and no
 * limit on connections below our eight pages.
 */
import { yCollab } from 'y-codemirror.next'
import { IndexeddbPersistence } from 'y-indexeddb'
import { WebrtcProvider } from 'y-webrtc'
import { Doc, encodeStateAsUpdate, type Text, UndoManager } from 'yjs'
import type {
  BenchPage,
  CreateRequest,
  DiskBytes,
  EnterRequest,
  JoinedMoments,
  Moment,
  StoredTrace,
  TraceRequest,
} from './contract.ts'
import { weighDatabase } from './database.ts'
import { Desk, LOOK_MS, wait } from './desk.ts'
import { madeUpText } from './made-up-text.ts'
import { playTrace } from './trace.ts'

const MAX_CONNECTIONS = 20
/** After its trim has run, a second after the last edit. */
const SETTLED_MS = 3_000

class Theirs implements BenchPage {
  readonly #desk = new Desk()
  #doc = new Doc()
  #provider: WebrtcProvider | undefined
  #address = { signaling: '', room: '' }

  #storing: Promise<StoredTrace> | undefined

  startClock(origin: Moment): void {
    this.#desk.startClock(origin)
  }

  async create({ signaling, units }: CreateRequest): Promise<string> {
    const room = crypto.randomUUID()
    if (units > 0) this.#text.insert(0, madeUpText(units))
    this.#connect(signaling, room)
    return room
  }

  async invite(): Promise<string> {
    return this.#address.room
  }

  async enter({ signaling, address, units, caret }: EnterRequest): Promise<Moment> {
    const began = this.#desk.now()
    this.#connect(signaling, address)
    await this.#desk.whenShown(units)
    this.#desk.placeCaret(caret)
    return began
  }

  whenCarets(others: number): Promise<Moment> {
    return this.#desk.whenCarets(others, () => document.getElementsByClassName('cm-ySelectionCaret').length)
  }

  whenLinked(others: number): Promise<Moment> {
    return this.#desk.whenLinked(others, () => this.#connected())
  }

  async knock(signaling: string, room: string): Promise<void> {
    this.#address = { signaling, room }
  }

  async join(units: number): Promise<JoinedMoments> {
    const pressed = this.#desk.now()
    const there = reached(this.#text, units).then(() => this.#desk.now())
    this.#connect(this.#address.signaling, this.#address.room)
    const inDocument = await there
    return { pressed, inDocument, onScreen: await this.#desk.whenShown(units) }
  }

  async linked(others: number): Promise<void> {
    while (this.#connected() < others) await wait(20)
  }

  placeCaret = this.#desk.placeCaret.bind(this.#desk)
  cutOne = this.#desk.cutOne.bind(this.#desk)
  type = this.#desk.type.bind(this.#desk)
  wander = this.#desk.wander.bind(this.#desk)
  whenShown = this.#desk.whenShown.bind(this.#desk)
  forgetArrivals = this.#desk.forgetArrivals.bind(this.#desk)
  arrivals = this.#desk.arrivals.bind(this.#desk)

  async paste(units: number): Promise<Moment> {
    return this.#desk.paste(madeUpText(units))
  }

  store(request: TraceRequest): void {
    this.#storing = this.#store(request)
  }

  async stored(): Promise<StoredTrace | undefined> {
    return Promise.race([this.#storing, wait(LOOK_MS).then(() => undefined)])
  }

  async #store(request: TraceRequest): Promise<StoredTrace> {
    const address = crypto.randomUUID()
    const persistence = new IndexeddbPersistence(address, this.#doc)
    await persistence.whenSynced
    await playTrace(this.#text, request)
    await wait(SETTLED_MS)
    const stored = { address, units: this.#text.length, encodedBytes: encodeStateAsUpdate(this.#doc).length }
    await persistence.destroy()
    return stored
  }

  async openStored(address: string, units: number): Promise<number> {
    const started = performance.now()
    const persistence = new IndexeddbPersistence(address, this.#doc)
    await reached(this.#text, units)
    const took = performance.now() - started
    await persistence.whenSynced
    await persistence.destroy()
    return took
  }

  async diskBytes(address: string): Promise<DiskBytes> {
    const sums = await weighDatabase(address, (store) => store)
    return { current: sums.get('updates') ?? 0, history: 0 }
  }

  get #text(): Text {
    return this.#doc.getText('main')
  }

  #connected(): number {
    const connections = [...(this.#provider?.room?.webrtcConns.values() ?? [])]
    return connections.filter(({ connected }) => connected).length
  }

  #connect(signaling: string, room: string): void {
    this.#address = { signaling, room }
    this.#provider = new WebrtcProvider(room, this.#doc, {
      signaling: [signaling],
      peerOpts: { config: { iceServers: [] } },
      maxConns: MAX_CONNECTIONS,
    })
    const { awareness } = this.#provider
    awareness.setLocalStateField('user', { name: 'Benchmark', color: '#0d6b64', colorLight: '#0d6b6433' })
    const text = this.#text
    if (text.length > 0) this.#desk.view.dispatch({ changes: { from: 0, insert: text.toString() } })
    this.#desk.bind(yCollab(text, awareness, { undoManager: new UndoManager(text) }))
  }
}

/** Resolves when the text holds at least `units` characters. */
function reached(text: Text, units: number): Promise<void> {
  if (text.length >= units) return Promise.resolve()
  return new Promise((resolve) => {
    const look = () => {
      if (text.length < units) return
      text.unobserve(look)
      resolve()
    }
    text.observe(look)
  })
}

globalThis.bench = new Theirs()
