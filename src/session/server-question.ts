/** Asks the signaling server what it tells everybody who joins, in a topic nobody else knows of. */

import { idOf, type TopicId } from '../base/ids.ts'
import type { Clock } from '../base/ports.ts'
import type { Crypto } from '../crypto/crypto.ts'
import type { IceServer, SignalingConnector } from '../transport/port.ts'
import { decodeServerSignal, encodeClientSignal, joinStatement, signalingOrigin } from '../wire/signal.ts'
import { isViolation } from '../wire/violation.ts'

export type ServerAnswer =
  | { readonly kind: 'answered'; readonly iceServers: readonly IceServer[] }
  | { readonly kind: 'unreachable' }
  /** Something answers there, and it is no signaling server of this version, or one that knows itself by another name. */
  | { readonly kind: 'nonsense' }

export interface QuestionParts {
  readonly crypto: Crypto
  readonly clock: Clock
  readonly connector: SignalingConnector
}

const ANSWER_MS = 8_000

export function askServer({ crypto, clock, connector }: QuestionParts, url: string): Promise<ServerAnswer> {
  const keys = crypto.signKeys()
  const topic = idOf<TopicId>(keys.publicKey)
  let iceServers: readonly IceServer[] = []
  return new Promise<ServerAnswer>((resolve) => {
    const cancelLate = clock.wakeAfter(ANSWER_MS, () => end({ kind: 'unreachable' }))
    const socket = connector.connect(url, {
      open: () => undefined,
      message: (bytes) => receive(bytes),
      closed: () => end({ kind: 'unreachable' }),
    })
    const end = (answer: ServerAnswer): void => {
      cancelLate()
      resolve(answer)
      socket.close()
    }
    const receive = (bytes: Uint8Array): void => {
      const signal = decodeServerSignal(bytes)
      if (isViolation(signal)) return end({ kind: 'nonsense' })
      if (signal.kind === 'challenge') {
        if (signal.origin !== signalingOrigin(url)) return end({ kind: 'nonsense' })
        const signature = crypto.sign(keys.secretKey, joinStatement(signal, topic))
        socket.send(encodeClientSignal({ kind: 'join', topic, signature }))
      }
      if (signal.kind === 'settings') iceServers = signal.iceServers
      if (signal.kind === 'joined') end({ kind: 'answered', iceServers })
      if (signal.kind === 'refused') end({ kind: 'nonsense' })
    }
  })
}
