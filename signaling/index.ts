/** The entry `coterie/signaling`: a signaling server inside a process of yours. */

export type { RelayEvent } from './relay-state.ts'
export type { RunningServer, SignalingServer, SignalingServerOptions } from './server.ts'
export { createSignalingServer, DEFAULT_PORT, SIGNAL_PATH } from './server.ts'
