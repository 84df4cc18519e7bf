/**
 * The third neighbour's page, for the row about meshes only: trystero over a relay of our own, with the same
 * editor as the others have. What is sent over its connections is an app's business: here the app sends its
 * caret to everybody it meets, as the documentation of trystero shows. There is no document, and a caret counts
 * as seen when it has arrived, undrawn: both in trystero's favour.
 */
import { joinRoom } from 'trystero'
import type { BenchPage, CreateRequest, EnterRequest, Moment } from './contract.ts'
import { Desk } from './desk.ts'

type MeetingPage = Pick<BenchPage, 'startClock' | 'create' | 'invite' | 'enter' | 'placeCaret' | 'whenCarets'>

class Trystero implements MeetingPage {
  readonly #desk = new Desk()
  readonly #carets = new Map<string, number>()
  #room = ''
  #caret = 0
  #tell: () => Promise<void> = async () => undefined

  startClock = this.#desk.startClock.bind(this.#desk)

  async create({ signaling }: CreateRequest): Promise<string> {
    this.#join(signaling, crypto.randomUUID())
    return this.#room
  }

  async invite(): Promise<string> {
    return this.#room
  }

  async enter({ signaling, address, caret }: EnterRequest): Promise<Moment> {
    const began = this.#desk.now()
    this.#caret = caret
    this.#join(signaling, address)
    return began
  }

  async placeCaret(at: number): Promise<void> {
    this.#caret = at
    await this.#tell()
  }

  whenCarets(others: number): Promise<Moment> {
    return this.#desk.whenCarets(others, () => this.#carets.size)
  }

  /** Settings beside its defaults: our relay, and no STUN servers, as nothing here answers. */
  #join(relay: string, name: string): void {
    this.#room = name
    const room = joinRoom(
      { appId: 'coterie-bench', relayConfig: { urls: [relay] }, rtcConfig: { iceServers: [] } },
      name,
    )
    const caret = room.makeAction<number>('caret')
    caret.onMessage = (at, { peerId }) => void this.#carets.set(peerId, at)
    room.onPeerJoin = (peerId) => void caret.send(this.#caret, { target: peerId })
    room.onPeerLeave = (peerId) => void this.#carets.delete(peerId)
    this.#tell = () => caret.send(this.#caret)
  }
}

globalThis.bench = new Trystero()
