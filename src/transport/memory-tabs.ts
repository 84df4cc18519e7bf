/**
 * The tabs of one browser inside a process, for tests. Messages come in order, never within the call that posted, and
 * so do locks. A test may hide a tab, freeze it, or let it crash.
 */
import type { TabLock, TabLockListener, TabPort } from './port.ts'

export interface MemoryTab extends TabPort {
  setSight(sight: 'seen' | 'hidden'): void
  /** Nothing reaches it until `thaw`; then all of it does, in order. */
  freeze(): void
  thaw(): void
  /** It is gone without a word. */
  crash(): void
}

export interface MemoryTabs extends TabPort {
  /** One more tab; the port itself is a tab like any other. */
  tab(): MemoryTab
}

export function memoryTabs(): MemoryTabs {
  const browser = new Browser()
  return Object.assign(new Tab(browser), { tab: () => new Tab(browser) })
}

interface Waiting {
  readonly tab: Tab
  readonly listener: TabLockListener
}

class Browser {
  readonly groups = new Map<string, Set<{ tab: Tab; received: (message: Uint8Array) => void }>>()
  /** Who waits for each lock, the longest first; the first has it. */
  readonly #locks = new Map<string, Waiting[]>()

  queue(name: string): Waiting[] {
    const queue = this.#locks.get(name) ?? []
    this.#locks.set(name, queue)
    return queue
  }

  enter(name: string, waiting: Waiting): void {
    const queue = this.queue(name)
    queue.push(waiting)
    if (queue.length === 1) waiting.tab.later(() => waiting.listener.granted())
  }

  steal(name: string, waiting: Waiting): void {
    const queue = this.queue(name)
    const holder = queue.shift()
    if (holder === waiting || holder === undefined) return void queue.unshift(waiting)
    queue.splice(queue.indexOf(waiting), 1)
    queue.unshift(waiting)
    queue.push(holder)
    holder.tab.later(() => holder.listener.lost())
    waiting.tab.later(() => waiting.listener.granted())
  }

  leave(name: string, waiting: Waiting): void {
    const queue = this.queue(name)
    const place = queue.indexOf(waiting)
    if (place === -1) return
    queue.splice(place, 1)
    const next = queue[0]
    if (place === 0 && next !== undefined) next.tab.later(() => next.listener.granted())
  }

  crash(tab: Tab): void {
    for (const group of this.groups.values())
      for (const member of group) if (member.tab === tab) group.delete(member)
    for (const [name, queue] of this.#locks)
      for (const waiting of [...queue]) if (waiting.tab === tab) this.leave(name, waiting)
  }
}

class Tab implements MemoryTab {
  readonly #browser: Browser
  readonly #watching = new Set<(sight: 'seen' | 'hidden') => void>()
  readonly #held: (() => void)[] = []
  #sight: 'seen' | 'hidden' = 'seen'
  #phase: 'awake' | 'frozen' | 'crashed' = 'awake'

  constructor(browser: Browser) {
    this.#browser = browser
  }

  readonly join: TabPort['join'] = (name, received) => {
    const { groups } = this.#browser
    const group = groups.get(name) ?? new Set()
    groups.set(name, group)
    const member = { tab: this, received }
    group.add(member)
    return {
      post: (message) => {
        if (!group.has(member)) return
        const copy = message.slice()
        for (const other of group) {
          if (other !== member)
            other.tab.later(() => {
              if (group.has(other)) other.received(copy)
            })
        }
      },
      close: () => group.delete(member),
    }
  }

  readonly waitForLock = (name: string, listener: TabLockListener): TabLock => {
    let phase: 'open' | 'closed' = 'open'
    const waiting: Waiting = {
      tab: this,
      listener: {
        granted: () => phase === 'open' && listener.granted(),
        lost: () => phase === 'open' && listener.lost(),
      },
    }
    this.#browser.enter(name, waiting)
    return {
      steal: () => this.#browser.steal(name, waiting),
      close: () => {
        phase = 'closed'
        this.#browser.leave(name, waiting)
      },
    }
  }

  readonly watchSight = (told: (sight: 'seen' | 'hidden') => void): (() => void) => {
    this.#watching.add(told)
    told(this.#sight)
    return () => this.#watching.delete(told)
  }

  setSight(sight: 'seen' | 'hidden'): void {
    this.#sight = sight
    for (const told of this.#watching) told(sight)
  }

  freeze(): void {
    if (this.#phase === 'awake') this.#phase = 'frozen'
  }

  thaw(): void {
    if (this.#phase !== 'frozen') return
    this.#phase = 'awake'
    for (const work of this.#held.splice(0)) queueMicrotask(work)
  }

  crash(): void {
    this.#phase = 'crashed'
    this.#browser.crash(this)
  }

  /** From a microtask, or when it thaws. */
  later(work: () => void): void {
    queueMicrotask(() => {
      if (this.#phase === 'awake') work()
      else if (this.#phase === 'frozen') this.#held.push(work)
    })
  }
}
