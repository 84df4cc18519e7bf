/**
 * What the owner decided about people, as sentences for everybody whom it concerns: found by comparing who stood how
 * before and after. Pure.
 * Invariant: whoever is removed hears of it from the notice of the ended session, and of nothing else.
 */
import type { Member, Session } from '../src/index.ts'
import { strings } from './strings.ts'

export interface Standing {
  readonly members: readonly Member[]
  readonly isPaused: boolean
}

export interface Decision {
  readonly sentence: string
  /** The next sentence about it takes the place of the last. */
  readonly topic: string
  /** Who asks to edit, where this device can let them with one click. */
  readonly asker?: Member
}

export function standingOf({ members, isPaused }: Session): Standing {
  return { members, isPaused }
}

export function decisionsBetween(before: Standing, after: Standing): readonly Decision[] {
  const now = new Map(after.members.map((member) => [member.device, member]))
  if (![...now.values()].some(({ isMe }) => isMe)) return []
  return [
    ...aboutOwner(before, after),
    ...before.members.flatMap((member) => aboutPerson(member, now.get(member.device), ownerOf(after))),
    ...aboutPause(before, after),
    ...after.members.flatMap((member) => aboutAsking(member, before, after)),
  ]
}

/** The owner is told who asks, and whoever asks whether the owner can see it now. */
function aboutAsking(member: Member, before: Standing, { members }: Standing): readonly Decision[] {
  const asked = before.members.find(({ device }) => device === member.device)?.asksToEdit ?? false
  if (asked === member.asksToEdit) return []
  const topic = `asking ${member.device}`
  const owner = members.find(({ role }) => role === 'owner')
  if (member.isMe) {
    if (member.role !== 'viewer') return []
    const name = owner?.name ?? strings.problems.someone
    return [
      {
        sentence: member.asksToEdit ? strings.youAsk(name, owner?.here ?? false) : strings.youAskNoMore,
        topic,
      },
    ]
  }
  if (!owner?.isMe || member.role !== 'viewer') return []
  if (!member.asksToEdit) return [{ sentence: strings.asksNoMore(member.name), topic }]
  return [{ sentence: strings.asksToEdit(member.name), topic, asker: member }]
}

/** Undefined: oneself, who decides. */
function ownerOf({ members }: Standing): string | undefined {
  const owner = members.find(({ role }) => role === 'owner')
  return owner?.isMe ? undefined : (owner?.name ?? strings.problems.someone)
}

/** Who had it and who has it now: one sentence for both, and for whoever has it now what it means (aboutPerson). */
function aboutOwner(before: Standing, after: Standing): readonly Decision[] {
  const [had, has] = [before, after].map(({ members }) => members.find(({ role }) => role === 'owner'))
  if (had === undefined || has === undefined || had.device === has.device || has.isMe) return []
  return [{ sentence: strings.handedOver(had.isMe ? undefined : had.name, has.name), topic: 'owner' }]
}

function aboutPerson(before: Member, after: Member | undefined, by: string | undefined): readonly Decision[] {
  const topic = `standing ${before.device}`
  if (after === undefined) return [{ sentence: strings.removedPerson(by, before.name), topic }]
  if (after.role === before.role || before.role === 'owner') return []
  if (after.role === 'owner' && !after.isMe) return []
  const { isMe, name, role } = after
  return [{ sentence: isMe ? strings.roleChanged[role] : strings.theirRoleChanged(name, role), topic }]
}

function aboutPause(before: Standing, after: Standing): readonly Decision[] {
  if (before.isPaused === after.isPaused) return []
  const say = after.isPaused ? strings.editingPaused : strings.editingResumed
  return [{ sentence: say(ownerOf(after)), topic: 'pause' }]
}
