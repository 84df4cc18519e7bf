/**
 * Virtual time: nothing happens but what was put into it, one event after the other, each followed by all
 * the promises it set free. Not here: what the events are.
 * Invariants: time never goes back; events at the same moment run in the order they were put.
 */
import type { Clock, Millis } from '../../src/base/ports.ts'

interface Event {
  readonly at: Millis
  readonly order: number
  run: (() => void) | undefined
}

/** Wednesday, 1 January 2025, 12:00 UTC: midnight, when topics change, is far. */
const BEGINNING: Millis = 1_735_732_800_000

export class VirtualTime implements Clock {
  readonly #heap: Event[] = []
  #now: Millis = BEGINNING
  #order = 0

  now(): Millis {
    return this.#now
  }

  wakeAfter(after: Millis, wake: () => void): () => void {
    const event: Event = { at: Math.ceil(this.#now + Math.max(0, after)), order: this.#order++, run: wake }
    this.#push(event)
    return () => {
      event.run = undefined
    }
  }

  /** Runs everything due up to `span` from now. `looked` is called after each event. */
  async pass(span: Millis, looked: () => void): Promise<void> {
    const end = this.#now + span
    await settled()
    looked()
    for (let next = this.#heap[0]; next !== undefined && next.at <= end; next = this.#heap[0]) {
      this.#pop()
      if (next.run === undefined) continue
      this.#now = Math.max(this.#now, next.at)
      next.run()
      await settled()
      looked()
    }
    this.#now = end
  }

  /** The same for events that set no promise free. */
  passAtOnce(span: Millis): void {
    const end = this.#now + span
    for (let next = this.#heap[0]; next !== undefined && next.at <= end; next = this.#heap[0]) {
      this.#pop()
      if (next.run === undefined) continue
      this.#now = Math.max(this.#now, next.at)
      next.run()
    }
    this.#now = end
  }

  #push(event: Event): void {
    const heap = this.#heap
    let at = heap.push(event) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!isBefore(event, heap[parent] as Event)) break
      heap[at] = heap[parent] as Event
      at = parent
    }
    heap[at] = event
  }

  #pop(): void {
    const heap = this.#heap
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= heap.length) break
      const right = heap[child + 1]
      if (right !== undefined && isBefore(right, heap[child] as Event)) child++
      if (!isBefore(heap[child] as Event, last)) break
      heap[at] = heap[child] as Event
      at = child
    }
    heap[at] = last
  }
}

function isBefore(one: Event, other: Event): boolean {
  return one.at === other.at ? one.order < other.order : one.at < other.at
}

/** Work of one name at a time, in the order it came, as Web Locks do it. */
export function locks(): <T>(name: string, work: () => Promise<T>) => Promise<T> {
  const last = new Map<string, Promise<unknown>>()
  return (name, work) => {
    const done = (last.get(name) ?? Promise.resolve()).then(work, work)
    last.set(name, done)
    return done
  }
}

/** All promises that can go on without time have gone on. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** Runs tasks later, each after `delay()`, never one before an earlier one. */
export function inOrder(clock: Clock, delay: () => Millis): (task: () => void) => void {
  let last = 0
  return (task) => {
    last = Math.max(last, clock.now() + delay())
    clock.wakeAfter(last - clock.now(), task)
  }
}
