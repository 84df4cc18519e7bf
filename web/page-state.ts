/** What the page may be doing, as phases; what it asks of its editor; what it shows before there is a session. */
import type { createDraft } from '../src/editor/index.ts'
import type { Invitation, Member, Session, SessionStatus } from '../src/index.ts'

export type PageState =
  | { readonly phase: 'draft' }
  | { readonly phase: 'opening' }
  /** The device asks for its passphrase; `again` goes on to where this page was on its way. */
  | { readonly phase: 'locked'; readonly again: () => void }
  | { readonly phase: 'knocking'; readonly by: 'invite' | 'code' }
  | { readonly phase: 'asked'; readonly invitation: Invitation }
  | { readonly phase: 'joining'; readonly invitation: Invitation }
  | { readonly phase: 'live'; readonly session: Session }
  | { readonly phase: 'ended'; readonly session: Session; readonly reason: EndReason; readonly at: number }
  | {
      readonly phase: 'refused'
      readonly what: 'invite' | 'code' | 'session'
      readonly because: Error
      readonly again: () => void
    }

export type EndReason = 'left' | 'forgotten' | 'removed' | 'storage-lost'

export type Doc = ReturnType<typeof createDraft>

/** What the page asks of the editor. */
export interface Desk {
  readonly isEmpty: boolean
  hold(): void
  showDraft(doc: Doc): void
  attach(session: Session): void
  follow(device: Member['device']): void
  /** Stops following, if it is that person. */
  unfollow(device: Member['device']): void
  focus(): void
  /** The line of that person's cursor, from 1. */
  lineOf(device: Member['device']): number | undefined
}

/** A draft that no session holds yet. */
export const DRAFT_STATUS: SessionStatus = {
  phase: 'draft',
  unshared: 0,
  oldestUnsharedAt: undefined,
  savedAt: undefined,
  unsaved: 0,
  peers: 0,
  connectingTo: undefined,
  bytesLeft: 0,
  problem: undefined,
}
