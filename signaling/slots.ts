/**
 * Slots: numbers short enough to say aloud, each a topic of two sockets for five minutes. The number
 * protects nothing (the two words that go with it never come here); it only brings two sockets together.
 *
 * Invariants: a slot is entered at most once, ever; it lives until it expires or its inviter leaves it.
 */
import { ID_BYTES, idOf, type TopicId } from '../src/base/ids.ts'
import {
  MAX_SLOTS,
  MAX_SLOTS_PER_ADDRESS,
  MAX_TOPICS_PER_SOCKET,
  SLOT_LIFETIME_MS,
} from '../src/wire/limits.ts'
import type { Refusal } from '../src/wire/signal.ts'
import { enterTopic, leaveTopic } from './membership.ts'
import { ADDRESS_GUESSES, holdsToken, take } from './rates.ts'
import type { RelayState, SocketState, Step } from './relay-state.ts'
import { tellSettings } from './settings.ts'

/** Numbers to draw from for every slot in use: numbers stay short, and a draw seldom hits a used one. */
const NUMBERS_PER_SLOT = 8
const FEWEST_NUMBERS = 99
const MAX_DRAWS = 64

export function giveSlot(step: Step, socket: number, inviter: SocketState): Refusal | undefined {
  const { slots } = step.state
  if (slots.size >= MAX_SLOTS) return 'full'
  if (inviter.address.slots >= MAX_SLOTS_PER_ADDRESS) return 'too-many'
  if (inviter.topics.size >= MAX_TOPICS_PER_SOCKET) return 'too-many'
  const slot = freeNumber(step.state)
  const topic = idOf<TopicId>(step.state.chance.bytes(ID_BYTES.topic))
  slots.set(slot, { topic, inviter: socket, expiresAt: step.now + SLOT_LIFETIME_MS, entered: false })
  inviter.address.slots += 1
  enterTopic(step.state, socket, inviter, topic, slot)
  tellSettings(step, socket)
  step.send(socket, { kind: 'slot', slot, topic, expiresIn: SLOT_LIFETIME_MS, sockets: [] })
  step.log({ event: 'slot-given', socket })
  step.wakeBy(step.now + SLOT_LIFETIME_MS)
  return undefined
}

export function enterSlot(
  step: Step,
  socket: number,
  guest: SocketState,
  number: number,
): Refusal | undefined {
  if (guest.topics.size >= MAX_TOPICS_PER_SOCKET) return 'too-many'
  const { guesses } = guest.address
  if (!holdsToken(guesses, ADDRESS_GUESSES, step.now)) return 'too-fast'
  const slot = step.state.slots.get(number)
  const open = slot !== undefined && !slot.entered && slot.inviter !== socket && slot.expiresAt > step.now
  if (!open) {
    take(guesses, ADDRESS_GUESSES, step.now)
    return 'no-such-slot'
  }
  slot.entered = true
  enterTopic(step.state, socket, guest, slot.topic)
  tellSettings(step, socket)
  const expiresIn = Math.floor(slot.expiresAt - step.now)
  step.send(socket, { kind: 'slot', slot: number, topic: slot.topic, expiresIn, sockets: [slot.inviter] })
  step.log({ event: 'slot-entered', socket })
  return undefined
}

export function expireSlots(step: Step): void {
  for (const { topic, inviter, expiresAt } of step.state.slots.values()) {
    if (expiresAt > step.now) {
      step.wakeBy(expiresAt)
      return
    }
    const occupants = step.state.topics.get(topic)?.sockets ?? new Set([inviter])
    for (const socket of [...occupants]) leaveTopic(step, socket, topic)
  }
}

function freeNumber(state: RelayState): number {
  const range = Math.min(MAX_SLOTS, Math.max(FEWEST_NUMBERS, state.slots.size * NUMBERS_PER_SLOT))
  for (let draw = 0; draw < MAX_DRAWS; draw++) {
    const number = 1 + state.chance.below(range)
    if (!state.slots.has(number)) return number
  }
  let number = 1
  while (state.slots.has(number)) number += 1
  return number
}
