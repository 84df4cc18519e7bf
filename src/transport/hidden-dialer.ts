/**
 * Dials of somebody who hides their address, where the platform's word alone does not hide it: through a door that
 * leads to TURN servers only (turn-door.ts). The door is opened first, and what is said meanwhile waits.
 */
import type { Dial, Dialer, DialFailure, DialOptions } from './port.ts'
import { TurnDoor } from './turn-door.ts'

/** The description and candidates; an honest side has fewer in the moment that a door takes to open. */
const MAX_WAITING_SIGNALS = 64

/** @param dialerThrough dials with a WebRTC that reaches nothing but this door, and closes it with its connection */
export function hiddenDialer(dialerThrough: (door: TurnDoor) => Dialer): Dialer {
  return { dial: (options) => new HiddenDial(dialerThrough, options) }
}

class HiddenDial implements Dial {
  readonly #options: DialOptions
  #dial: Dial | undefined
  #waiting: Uint8Array[] = []
  #isOver = false

  constructor(dialerThrough: (door: TurnDoor) => Dialer, options: DialOptions) {
    this.#options = options
    void this.#begin(dialerThrough)
  }

  signal(bytes: Uint8Array): void {
    if (this.#dial !== undefined) this.#dial.signal(bytes)
    else if (!this.#isOver && this.#waiting.length < MAX_WAITING_SIGNALS) this.#waiting.push(bytes)
  }

  abort(): void {
    if (this.#dial !== undefined) this.#dial.abort()
    else queueMicrotask(() => this.#fail('aborted', 'aborted here'))
  }

  async #begin(dialerThrough: (door: TurnDoor) => Dialer): Promise<void> {
    const door = await TurnDoor.open(this.#options.iceServers)
    if (door.iceServers.length === 0) this.#fail('no-route', 'there is no TURN server to go through')
    if (this.#isOver) {
      door.close()
      return
    }
    this.#dial = dialerThrough(door).dial({
      ...this.#options,
      iceServers: door.iceServers,
      onFailed: (failure, detail) => {
        door.close()
        this.#options.onFailed(failure, detail)
      },
    })
    for (const signal of this.#waiting.splice(0)) this.#dial.signal(signal)
  }

  #fail(failure: DialFailure, detail: string): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#waiting = []
    this.#options.onFailed(failure, detail)
  }
}
