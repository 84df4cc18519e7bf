/** The socket to the signaling server in Node, which has no WebSocket of its own before version 22. */
import { WebSocket } from 'ws'
import { MAX_SIGNAL_MESSAGE_BYTES } from '../wire/limits.ts'
import type { SignalingConnector } from './port.ts'
import { webSocketConnector } from './websocket.ts'

/** Milliseconds until an attempt that nobody answers is given up; browsers have limits of their own. */
const ANSWER_MS = 20_000

export function nodeSignaling(): SignalingConnector {
  const options = {
    maxPayload: MAX_SIGNAL_MESSAGE_BYTES,
    perMessageDeflate: false,
    handshakeTimeout: ANSWER_MS,
  }
  return webSocketConnector((url) => new WebSocket(url, options))
}
