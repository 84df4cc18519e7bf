/**
 * The way to the signaling server of one device: sockets of the real relay, and, when the post is bad, blobs of
 * others that get lost, come twice or come late. What the server itself says always comes.
 */
import type { SignalingConnector, SignalingSocket } from '../../src/transport/port.ts'
import { decodeServerSignal } from '../../src/wire/signal.ts'
import { isViolation } from '../../src/wire/violation.ts'
import type { Chance } from './chance.ts'
import { heardAt, type Site } from './site.ts'

const LATE_MS = 4_000

export interface MailParts {
  readonly real: SignalingConnector
  readonly site: Site
  readonly chance: Chance
  readonly isBad: () => boolean
}

export class Mail implements SignalingConnector {
  readonly sockets = new Set<SignalingSocket>()
  readonly #parts: MailParts

  constructor(parts: MailParts) {
    this.#parts = parts
  }

  connect(url: string, listener: Parameters<SignalingConnector['connect']>[1]): SignalingSocket {
    const { real, site } = this.#parts
    const socket = real.connect(url, {
      open: heardAt(site, () => listener.open()),
      message: (bytes) => this.#carry(bytes, (come) => site.run(() => listener.message(come))),
      closed: heardAt(site, (reason: string) => listener.closed(reason)),
    })
    this.sockets.add(socket)
    return socket
  }

  #carry(bytes: Uint8Array, deliver: (bytes: Uint8Array) => void): void {
    const { chance, site, isBad } = this.#parts
    if (!isBad() || !isBlob(bytes)) return deliver(bytes)
    const fate = chance.below(5)
    if (fate === 0) return
    if (fate === 1) deliver(bytes)
    if (fate < 4) site.wakeAfter(chance.below(LATE_MS), () => deliver(bytes))
    else deliver(bytes)
  }
}

function isBlob(bytes: Uint8Array): boolean {
  const signal = decodeServerSignal(bytes)
  return !isViolation(signal) && signal.kind === 'passed'
}
