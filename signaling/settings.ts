/**
 * Tells sockets the settings of STUN and TURN: once, with the first topic or slot they enter, and again before
 * a pass ends. A socket that never proved anything is told nothing.
 */

import { ICE_RANDOM_BYTES } from './ice.ts'
import type { Step } from './relay-state.ts'

/** Call before the answer that lets the socket in: what it hears first it knows when it dials. */
export function tellSettings(step: Step, socket: number): void {
  if (!step.state.settings.has(socket)) tell(step, socket)
}

export function refreshSettings(step: Step): void {
  for (const [socket, refreshAt] of step.state.settings) {
    if (refreshAt === undefined) return
    if (refreshAt > step.now) {
      step.wakeBy(refreshAt)
      return
    }
    tell(step, socket)
  }
}

function tell(step: Step, socket: number): void {
  const { state, now } = step
  const origin = state.sockets.get(socket)?.challenge.origin
  if (origin === undefined) return
  const { iceServers, refreshAt } = state.offerIce({
    origin,
    now,
    random: state.chance.bytes(ICE_RANDOM_BYTES),
  })
  state.settings.delete(socket) // to the end: the map is in the order of refreshing
  state.settings.set(socket, refreshAt)
  if (iceServers.length > 0) step.send(socket, { kind: 'settings', iceServers })
  if (refreshAt !== undefined) step.wakeBy(refreshAt)
}
