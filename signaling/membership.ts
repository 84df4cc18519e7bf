/**
 * Who is in which topic, and who is told when somebody goes. Whether a socket may enter was decided
 * before (relay.ts asks for a proof, slots.ts for a number).
 */
import type { TopicId } from '../src/base/ids.ts'
import type { RelayState, SocketState, Step } from './relay-state.ts'

/** Told when this socket goes. As many as a newcomer is told about; who is beyond learns it by passing. */
const MAX_PARTNERS = 64

/** @param slot the number of the slot that `topic` stands for, where it is one */
export function enterTopic(
  state: RelayState,
  socket: number,
  entrant: SocketState,
  topic: TopicId,
  slot?: number,
): void {
  const known = state.topics.get(topic) ?? { sockets: new Set<number>(), slot }
  state.topics.set(topic, known)
  known.sockets.add(socket)
  entrant.topics.add(topic)
}

export function leaveTopic(step: Step, socket: number, topic: TopicId): void {
  const { sockets, topics } = step.state
  const left = topics.get(topic)
  if (left === undefined || !left.sockets.delete(socket)) return
  const leaver = sockets.get(socket)
  leaver?.topics.delete(topic)
  for (const [key, partner] of leaver?.partners ?? []) {
    if (partner.topic !== topic) continue
    leaver?.partners.delete(key)
    sockets.get(partner.socket)?.partners.delete(partnerKey(topic, socket))
    step.send(partner.socket, { kind: 'gone', topic, socket })
  }
  if (left.slot !== undefined) releaseSlot(step.state, left.slot, socket)
  if (left.sockets.size === 0) topics.delete(topic)
}

/** A slot without its inviter is nobody's. */
function releaseSlot(state: RelayState, number: number, leaver: number): void {
  const slot = state.slots.get(number)
  if (slot?.inviter !== leaver) return
  state.slots.delete(number)
  const inviter = state.sockets.get(leaver)
  if (inviter !== undefined) inviter.address.slots -= 1
}

/** Two sockets that exchanged a blob hear of each other's end. */
export function becomePartners(state: RelayState, topic: TopicId, one: number, other: number): void {
  rememberPartner(state.sockets.get(one), topic, other)
  rememberPartner(state.sockets.get(other), topic, one)
}

function rememberPartner(socket: SocketState | undefined, topic: TopicId, partner: number): void {
  if (socket === undefined || socket.partners.size >= MAX_PARTNERS) return
  socket.partners.set(partnerKey(topic, partner), { topic, socket: partner })
}

function partnerKey(topic: TopicId, socket: number): string {
  return `${topic}/${socket}`
}
