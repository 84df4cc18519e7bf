/**
 * Our page: the library and its CodeMirror binding as an app would use them, the same editor as the
 * neighbour's page has.
 */
import { encodeStateAsUpdate } from 'yjs'
import { loadCrypto } from '../../../src/crypto/sodium.ts'
import { collaboration } from '../../../src/editor/index.ts'
import { createSession, joinSession, openInvitation, openSession } from '../../../src/index.ts'
import type { Invitation, Session } from '../../../src/session/public.ts'
import type { LocalId } from '../../../src/storage/port.ts'
import { rowNameOf } from '../../../src/storage/rows.ts'
import { browserDialer } from '../../../src/transport/browser-dialer.ts'
import { watchEntryMessages } from '../entry-messages.ts'
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

/** Long, so that no presence message is as long as a key's entry, and sizes tell them apart. */
const NAME = 'A person with a long name, for the benchmark'
/** Where the library keeps its rows in a browser. */
const DATABASE = 'coterie'
/** Idle work, such as a checkpoint, has been done by then. */
const SETTLED_MS = 6_000

class Ours implements BenchPage {
  readonly #desk = new Desk()
  #session: Session | undefined
  #invitation: Invitation | undefined

  #storing: Promise<StoredTrace> | undefined

  startClock(origin: Moment): void {
    this.#desk.startClock(origin)
  }

  async create({ signaling, units }: CreateRequest): Promise<string> {
    const session = await createSession({ name: NAME, signaling, origin: location.origin })
    if (units > 0) session.doc.getText('main').insert(0, madeUpText(units))
    this.#show(session)
    await session.saved()
    return this.invite(1)
  }

  async invite(uses: number): Promise<string> {
    const { url } = await this.#opened.invite({ role: 'editor', uses })
    return url
  }

  async enter({ signaling, address, units, caret }: EnterRequest): Promise<Moment> {
    const began = this.#desk.now()
    this.#show(await joinSession(address, { name: NAME, signaling }))
    await this.#desk.whenShown(units)
    this.#desk.placeCaret(caret)
    return began
  }

  whenCarets(others: number): Promise<Moment> {
    return this.#desk.whenCarets(others, () => document.getElementsByClassName('cm-person-caret').length)
  }

  whenLinked(others: number): Promise<Moment> {
    return this.#desk.whenLinked(others, () => this.#opened.peers.length)
  }

  async knock(signaling: string, address: string): Promise<void> {
    this.#invitation = await openInvitation(address, { signaling })
  }

  async join(units: number): Promise<JoinedMoments> {
    if (!this.#invitation) throw new Error('nobody has knocked')
    const pressed = this.#desk.now()
    const session = await this.#invitation.join({ name: NAME })
    const text = session.doc.getText('main')
    if (text.length < units) throw new Error(`joined with ${text.length} of ${units} characters`)
    const inDocument = this.#desk.now()
    this.#show(session)
    return { pressed, inDocument, onScreen: await this.#desk.whenShown(units) }
  }

  async linked(others: number): Promise<void> {
    while (this.#opened.peers.length < others) await wait(20)
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

  store(request: TraceRequest, signaling: string): void {
    this.#storing = this.#store(request, signaling)
  }

  async stored(): Promise<StoredTrace | undefined> {
    return Promise.race([this.#storing, wait(LOOK_MS).then(() => undefined)])
  }

  async #store(request: TraceRequest, signaling: string): Promise<StoredTrace> {
    const session = await createSession({ name: NAME, signaling, origin: location.origin })
    await session.invite({ role: 'editor' })
    const text = session.doc.getText('main')
    await playTrace(text, request)
    await session.saved()
    await wait(SETTLED_MS)
    const stored = {
      address: session.localId,
      units: text.length,
      encodedBytes: encodeStateAsUpdate(session.doc).length,
    }
    await session.leave()
    return stored
  }

  /** The code is loaded before the clock starts, as the neighbour's is; the database is not open yet. */
  async openStored(address: string, units: number): Promise<number> {
    await Promise.all([loadCrypto(), browserDialer()])
    const started = performance.now()
    const session = await openSession(address as LocalId, {})
    const { length } = session.doc.getText('main')
    const took = performance.now() - started
    await session.leave()
    if (length < units) throw new Error(`opened with ${length} of ${units} characters`)
    return took
  }

  async diskBytes(address: string): Promise<DiskBytes> {
    const sums = await weighDatabase(DATABASE, (store, key) => {
      const row = store === 'rows' ? rowNameOf(String(key)) : undefined
      return row?.localId === address ? row.table : undefined
    })
    return {
      current: (sums.get('entries') ?? 0) + (sums.get('blobs') ?? 0),
      history: sums.get('history') ?? 0,
    }
  }

  get #opened(): Session {
    if (!this.#session) throw new Error('no session is open')
    return this.#session
  }

  #show(session: Session): void {
    this.#session = session
    session.on('violation', (found) => console.error(`a violation: ${JSON.stringify(found)}`))
    this.#desk.bind(collaboration(session, session.doc.getText('main')))
  }
}

/** As the app does while a person looks at the page: what it will need is loaded, and nothing is begun. */
Promise.all([loadCrypto(), browserDialer()]).catch(reportError)

watchEntryMessages(() => {
  if (globalThis.wireTap) globalThis.wireTap.entryMessages += 1
})
globalThis.bench = new Ours()
