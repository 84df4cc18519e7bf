/**
 * Who belongs to the session, where each of them is and how they are reached: what the list of people shows, as a pure
 * function of the session.
 * Invariant: a way or a time is only told of somebody this device is linked to itself.
 */
import type { Member, Peer, PresenceState, Session } from '../src/index.ts'

/** Of all tabs of a person the one that is most there. 'gone': not in the session right now. */
export type Attention = 'active' | 'idle' | 'away' | 'gone'

/** 'connected': linked, the browser does not say which way; 'others': heard of through somebody else. */
export type Route = 'direct' | 'relay' | 'connected' | 'own-tab' | 'others'

export interface Whereabouts {
  readonly member: Member
  readonly attention: Attention
  readonly route: Route | undefined
  /** Milliseconds to them and back. */
  readonly rtt: number | undefined
}

const byName = new Intl.Collator('en', { numeric: true })
const RANKS = { owner: 0, editor: 1, viewer: 2 } as const

/** Oneself first, then who asks to edit, then who is here, those who write before those who read; then who is not. By name among equals. */
export function inOrder(members: readonly Member[]): readonly Member[] {
  const rank = ({ isMe, here, role, asksToEdit }: Member) =>
    isMe ? -1 : asksToEdit ? 0 : 1 + RANKS[role] + (here ? 0 : RANKS.viewer + 1)
  return [...members].sort((one, other) => rank(one) - rank(other) || byName.compare(one.name, other.name))
}

export function whereabouts(session: Session): readonly Whereabouts[] {
  const attentions = attentionsOf(session)
  return inOrder(session.members).map((member) => ({
    member,
    attention: member.here ? (attentions.get(member.device) ?? 'active') : 'gone',
    ...reached(session, member),
  }))
}

function attentionsOf({ awareness }: Session): ReadonlyMap<Member['device'], Attention> {
  const found = new Map<Member['device'], Attention>()
  for (const state of awareness.getStates().values() as Iterable<Partial<PresenceState>>) {
    const device = state.user?.device
    if (device === undefined) continue
    const attention = state.away ? 'away' : state.idle ? 'idle' : 'active'
    const before = found.get(device)
    if (before === undefined || attention === 'active' || before === 'away') found.set(device, attention)
  }
  return found
}

/** By the best of the links to that person's tabs. */
function reached({ peers, me }: Session, { device, here, isMe }: Member): Pick<Whereabouts, 'route' | 'rtt'> {
  if (isMe || !here) return { route: undefined, rtt: undefined }
  const [best] = peers
    .filter((peer) => peer.device === device)
    .sort((one, other) => worth(one) - worth(other))
  if (best !== undefined) return { route: best.path === 'unknown' ? 'connected' : best.path, rtt: best.rtt }
  const isBehindTab = peers.length > 0 && peers.every((peer) => peer.device === me.device)
  return { route: isBehindTab ? 'own-tab' : 'others', rtt: undefined }
}

/** A known time before none, a short one before a long one. */
function worth({ rtt }: Peer): number {
  return rtt ?? Number.POSITIVE_INFINITY
}
