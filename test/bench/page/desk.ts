/**
 * The part of a page that is the same for both products: one CodeMirror with the usual extensions, keys
 * dispatched into it, and a log of what arrives in it.
 * Not here: which text it is bound to.
 * Invariant: an arrival is noted when the view has updated, before the next frame.
 */
import { Compartment, type Extension } from '@codemirror/state'
import { basicSetup, EditorView } from 'codemirror'
import type { Arrival, Moment, TypingRequest } from './contract.ts'

/** Insertions up to this length are keys; longer ones are texts that were pasted or joined. */
const KEY_UNITS = 64
/** A line as people write them: CodeMirror's work grows with the length of a line. */
const LINE_UNITS = 60

/** Between two looks at what nobody announces. */
const LOOK_AGAIN_MS = 20
/** Messages a channel has received when it is surely in use: a handshake of ours takes two of each side at most. */
const CARRYING_MESSAGES = 3

/** How long a question may stay open: the browser's protocol gives up on long ones. */
export const LOOK_MS = 5_000

export class Desk {
  readonly view: EditorView
  readonly #binding = new Compartment()
  readonly #waiting = new Set<() => void>()
  #arrivals: Arrival[] = []
  #count = 0
  #typed = 0
  #origin: Moment = performance.timeOrigin

  constructor() {
    const arriving = EditorView.updateListener.of((update) => {
      if (!update.docChanged) return
      update.changes.iterChanges((_fromA, _toA, _fromB, _toB, inserted) => {
        if (inserted.length <= KEY_UNITS) this.#count += inserted.length
      })
      this.#arrivals.push([this.#count, this.now()])
      for (const look of this.#waiting) look()
    })
    this.view = new EditorView({
      parent: document.body,
      extensions: [basicSetup, this.#binding.of([]), arriving],
    })
  }

  now(): Moment {
    return this.#origin + performance.now()
  }

  momentOf(pageTime: number): Moment {
    return this.#origin + pageTime
  }

  startClock(origin: Moment): void {
    this.#origin = origin
  }

  bind(extension: Extension): void {
    this.view.dispatch({ effects: this.#binding.reconfigure(extension) })
  }

  forgetArrivals(): void {
    this.#arrivals = []
    this.#count = 0
  }

  arrivals(): readonly Arrival[] {
    return this.#arrivals
  }

  async type({ count, pause }: TypingRequest): Promise<readonly Moment[]> {
    const dispatched: Moment[] = []
    for (let key = 0; key < count; key += 1) {
      dispatched.push(this.#pressKey())
      await wait(pause)
    }
    return dispatched
  }

  async wander({ count, pause }: TypingRequest): Promise<void> {
    for (let step = 0; step < count; step += 1) {
      this.view.focus()
      const { length } = this.view.state.doc
      this.view.dispatch({ selection: { anchor: Math.max(0, length - Math.floor(step / 2) * (step % 2)) } })
      await wait(pause)
    }
  }

  placeCaret(at: number): void {
    this.view.focus()
    this.view.dispatch({ selection: { anchor: at } })
  }

  /** @param shown how many carets are on screen now */
  async whenCarets(others: number, shown: () => number): Promise<Moment> {
    while (shown() !== others) await wait(LOOK_AGAIN_MS)
    return this.now()
  }

  /** @param linked how many others the product says it is linked to */
  async whenLinked(others: number, linked: () => number): Promise<Moment> {
    while (linked() < others || carryingChannels() < others) await wait(LOOK_AGAIN_MS)
    return this.now()
  }

  cutOne(): Moment {
    const cut = globalThis.wireTap?.channels.find(({ channel }) => channel.readyState === 'open')
    if (!cut) throw new Error('no connection is open')
    const at = this.now()
    cut.connection.close()
    return at
  }

  paste(text: string): Moment {
    const at = this.now()
    this.view.dispatch({ changes: { from: 0, insert: text }, userEvent: 'input.paste' })
    return at
  }

  async whenShown(units: number): Promise<Moment> {
    await this.until(() => this.view.state.doc.length >= units)
    await drawn()
    return this.now()
  }

  /** Resolves as soon as `holds`, looking after each update of the view. */
  until(holds: () => boolean): Promise<void> {
    if (holds()) return Promise.resolve()
    return new Promise((resolve) => {
      const look = () => {
        if (!holds()) return
        this.#waiting.delete(look)
        resolve()
      }
      this.#waiting.add(look)
    })
  }

  #pressKey(): Moment {
    const end = this.view.state.doc.length
    this.#typed += 1
    const insert = this.#typed % LINE_UNITS === 0 ? '\n' : 'abcdefghij'.charAt(this.#typed % 10)
    const tap = globalThis.wireTap
    if (tap) tap.keyTurn = true
    const at = this.now()
    this.view.dispatch({
      changes: { from: end, insert },
      selection: { anchor: end + 1 },
      userEvent: 'input.type',
    })
    queueMicrotask(() => {
      if (tap) tap.keyTurn = false
    })
    return at
  }
}

export function wait(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}

/** Others to whom an open channel leads that has carried something. */
function carryingChannels(): number {
  const open = globalThis.wireTap?.channels.filter(
    ({ channel, received }) => channel.readyState === 'open' && received >= CARRYING_MESSAGES,
  )
  return new Set(open?.map(({ connection }) => connection)).size
}

/** After the next frame has been drawn. */
function drawn(): Promise<void> {
  return new Promise((resolve) => {
    requestAnimationFrame(() => setTimeout(resolve))
  })
}
