/**
 * The spoken codes this page has asked for, one for each invite: asked, given, over. Told by the library how each ends.
 * Not here: how it is drawn (parts/spoken-code.ts), how it is typed (code-text.ts).
 * Invariant: what is heard of an older code of an invite changes nothing about its newest.
 */
import type { CodeOutcome, Invite } from '../src/index.ts'

export type CodeState =
  | { readonly phase: 'unasked' }
  | { readonly phase: 'asking' }
  | { readonly phase: 'given'; readonly code: string; readonly expiresAt: number }
  | { readonly phase: 'over'; readonly outcome: CodeOutcome['outcome'] }
  | { readonly phase: 'failed'; readonly because: Error }

const UNASKED: CodeState = { phase: 'unasked' }

export class CodeDesk {
  readonly #states = new Map<Invite['id'], CodeState>()
  readonly #changed: () => void

  constructor(changed: () => void) {
    this.#changed = changed
  }

  of(invite: Invite): CodeState {
    return this.#states.get(invite.id) ?? UNASKED
  }

  /** A new code; the one before is no longer valid. */
  async ask(invite: Invite): Promise<void> {
    if (this.of(invite).phase === 'asking') return
    this.#become(invite.id, { phase: 'asking' })
    try {
      const { code, expiresAt } = await invite.spoken()
      this.#become(invite.id, { phase: 'given', code, expiresAt })
    } catch (error) {
      const because = error instanceof Error ? error : new Error(String(error))
      this.#become(invite.id, { phase: 'failed', because })
    }
  }

  /** @returns whether it was the newest code of its invite that ended */
  heard({ invite, code, outcome }: CodeOutcome): boolean {
    const state = this.#states.get(invite)
    if (state?.phase !== 'given' || state.code !== code) return false
    this.#become(invite, { phase: 'over', outcome })
    return true
  }

  #become(invite: Invite['id'], state: CodeState): void {
    this.#states.set(invite, state)
    this.#changed()
  }
}

/** 4:59, and 0:00 from the last moment on. */
export function countdownText(expiresAt: number, now: number): string {
  const seconds = Math.max(0, Math.ceil((expiresAt - now) / 1_000))
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}
