/**
 * One end of a channel in memory. What it sent waits here until the schedule's turn delivers it, so
 * `bufferedBytes` falls as on a real channel. Made and paired by memory.ts.
 */
import { assert } from '../base/assert.ts'
import type { Channel, ChannelListener } from './port.ts'

/** Runs the task later, never at once; tasks run in the order they were given. */
export type Schedule = (task: () => void) => void

export interface MemoryEndOptions {
  readonly localFingerprint: Uint8Array
  readonly remoteFingerprint: Uint8Array
  readonly maxMessageBytes: number
  readonly bytesPerTurn: number
  readonly schedule: Schedule
  /** What arrives in place of a message of this end. */
  readonly arriving: (message: Uint8Array) => readonly Uint8Array[]
}

type Phase = 'open' | 'closing' | 'closed'

export class MemoryEnd implements Channel {
  readonly localFingerprint: Uint8Array
  readonly remoteFingerprint: Uint8Array
  readonly maxMessageBytes: number
  readonly #options: MemoryEndOptions
  readonly #sent: Uint8Array[] = []
  readonly #kept: Uint8Array[] = []
  #other: MemoryEnd | undefined
  #onClosed: () => void = () => {}
  #listener: ChannelListener | undefined
  #phase: Phase = 'open'
  #closedBecause = ''
  #bufferedBytes = 0
  #threshold: number | undefined
  #pumping = false
  #stalled = false

  constructor(options: MemoryEndOptions) {
    this.#options = options
    this.localFingerprint = options.localFingerprint
    this.remoteFingerprint = options.remoteFingerprint
    this.maxMessageBytes = options.maxMessageBytes
  }

  get bufferedBytes(): number {
    return this.#bufferedBytes
  }

  connect(other: MemoryEnd, onClosed: () => void): void {
    this.#other = other
    this.#onClosed = onClosed
  }

  send(message: Uint8Array): void {
    if (this.#phase !== 'open') return
    assert(message.length <= this.maxMessageBytes, 'no message is larger than the channel takes')
    this.#sent.push(message.slice())
    this.#bufferedBytes += message.length
    this.#pump()
  }

  wakeBelow(bytes: number): void {
    this.#threshold = bytes
    this.#options.schedule(() => this.#wake())
  }

  listen(listener: ChannelListener): void {
    assert(this.#listener === undefined, 'a channel has one listener')
    this.#listener = listener
    for (let next = this.#kept.shift(); next !== undefined; next = this.#kept.shift()) listener.message(next)
    if (this.#phase === 'closed') this.#tellClosed()
  }

  close(): void {
    if (this.#phase !== 'open') return
    this.#phase = 'closing'
    this.#kept.length = 0
    this.#options.schedule(() => this.#end('closed here'))
    this.#pump()
  }

  cut(reason: string): void {
    this.#drop()
    this.#options.schedule(() => this.#end(reason))
  }

  stall(): void {
    this.#stalled = true
  }

  resume(): void {
    this.#stalled = false
    this.#pump()
  }

  route(): Promise<'direct' | 'relay' | 'unknown'> {
    return Promise.resolve('direct')
  }

  #pump(): void {
    if (this.#pumping || this.#stalled) return
    this.#pumping = true
    this.#options.schedule(() => this.#turn())
  }

  #turn(): void {
    this.#pumping = false
    if (this.#stalled) return
    let delivered = 0
    while (this.#sent.length > 0 && delivered < this.#options.bytesPerTurn && !this.#stalled) {
      const message = this.#sent.shift() as Uint8Array
      delivered += message.length
      this.#bufferedBytes -= message.length
      for (const arrived of this.#options.arriving(message)) this.#other?.arrive(arrived)
    }
    this.#wake()
    if (this.#sent.length > 0) this.#pump()
    else if (this.#phase !== 'open') this.#other?.endByOther()
  }

  #wake(): void {
    if (this.#phase !== 'open' || this.#threshold === undefined || this.#bufferedBytes > this.#threshold)
      return
    if (this.#listener === undefined) return
    this.#threshold = undefined
    this.#listener.drained()
  }

  arrive(message: Uint8Array): void {
    if (this.#phase !== 'open') return
    if (this.#listener === undefined) this.#kept.push(message)
    else this.#listener.message(message)
  }

  endByOther(): void {
    this.#drop()
    this.#end('closed by the other side')
  }

  #drop(): void {
    this.#sent.length = 0
    this.#bufferedBytes = 0
  }

  #end(reason: string): void {
    if (this.#phase === 'closed') return
    this.#phase = 'closed'
    this.#closedBecause = reason
    this.#onClosed()
    if (this.#listener !== undefined) this.#tellClosed()
  }

  #tellClosed(): void {
    this.#listener?.closed(this.#closedBecause)
  }
}
