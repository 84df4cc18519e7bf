/** A channel from one tab to another, over what all tabs of a browser hear. Never full: what is posted has left. */
import type { Channel, ChannelListener } from '../transport/port.ts'
import { MAX_RECORD_BYTES } from '../wire/limits.ts'

export interface TabChannelParts {
  readonly localFingerprint: Uint8Array
  readonly remoteFingerprint: Uint8Array
  readonly post: (payload: Uint8Array) => void
  readonly over: () => void
}

export class TabChannel implements Channel {
  readonly localFingerprint: Uint8Array
  readonly remoteFingerprint: Uint8Array
  readonly maxMessageBytes = MAX_RECORD_BYTES
  readonly bufferedBytes = 0
  readonly #parts: TabChannelParts
  #listener: ChannelListener | undefined
  #early: Uint8Array[] = []
  #phase: 'open' | 'closed' = 'open'

  constructor(parts: TabChannelParts) {
    this.#parts = parts
    this.localFingerprint = parts.localFingerprint
    this.remoteFingerprint = parts.remoteFingerprint
  }

  send(message: Uint8Array): void {
    if (this.#phase === 'open') this.#parts.post(message)
  }

  wakeBelow(): void {
    queueMicrotask(() => {
      if (this.#phase === 'open') this.#listener?.drained()
    })
  }

  listen(listener: ChannelListener): void {
    this.#listener = listener
    for (const message of this.#early.splice(0)) listener.message(message)
  }

  close(): void {
    this.end('closed here')
  }

  async route(): Promise<'direct'> {
    return 'direct'
  }

  receive(message: Uint8Array): void {
    if (this.#phase === 'closed') return
    if (this.#listener === undefined) this.#early.push(message)
    else this.#listener.message(message)
  }

  end(reason: string): void {
    if (this.#phase === 'closed') return
    this.#phase = 'closed'
    this.#parts.over()
    queueMicrotask(() => this.#listener?.closed(reason))
  }
}
