/**
 * Typed events. A listener that throws stops neither the others nor the one who emits: its error
 * is thrown again from a microtask, where the platform reports it.
 */

export type Stop = () => void

export class Emitter<Events extends { [name: string]: unknown }> {
  readonly #listeners = new Map<keyof Events, Set<(event: never) => void>>()

  /** Calls `listener` on every such event until the returned function is called. */
  on<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => void): Stop {
    const listeners = this.#listeners.get(name) ?? new Set()
    this.#listeners.set(name, listeners)
    const entry = (event: Events[Name]): void => listener(event)
    listeners.add(entry)
    return () => listeners.delete(entry)
  }

  emit<Name extends keyof Events>(name: Name, event: Events[Name]): void {
    for (const listener of [...(this.#listeners.get(name) ?? [])]) {
      try {
        ;(listener as (event: Events[Name]) => void)(event)
      } catch (error) {
        queueMicrotask(() => {
          throw error
        })
      }
    }
  }

  clear(): void {
    this.#listeners.clear()
  }
}
