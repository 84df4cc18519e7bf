/**
 * What tests read from a page and do in it past its screen, as functions for `page.evaluate`.
 * Invariant: each function stands alone, because only its own text travels.
 */
import type { InviteOptions, Session } from '../../src/session/public.ts'

/** What the page's own bar shows: the only part of the app's insides that tests look at. */
interface ShownBar extends Element {
  readonly page: { readonly session: Session | undefined }
}

export const inPage = {
  /** The text on the screen, line by line, its placeholder aside. */
  text(): string {
    const placeholder = document.querySelector('.cm-placeholder')
    const lines = [...document.querySelectorAll('.cm-content > .cm-line')]
    return lines
      .map((line) => (placeholder && line.contains(placeholder) ? '' : (line.textContent ?? '')))
      .join('\n')
  },
  /** Everything readable outside the text, through shadow roots. */
  words(): string {
    const said: string[] = []
    const read = (node: Node): void => {
      if (node instanceof HTMLElement && node.matches('.cm-editor, style, script')) return
      if (node instanceof HTMLElement && !node.checkVisibility()) return
      if (node instanceof Text) said.push(node.data)
      const shadow = node instanceof Element ? node.shadowRoot : null
      for (const child of [...(shadow?.childNodes ?? []), ...node.childNodes]) read(child)
    }
    read(document.body)
    return said.join('').replace(/\s+/g, ' ')
  },
  /** The status chip's text. */
  status(): string {
    const bar = document.querySelector('coterie-bar')?.shadowRoot
    const chip = bar?.querySelector('coterie-status')?.shadowRoot
    return chip?.querySelector('[role=status]')?.textContent ?? ''
  },
  /** Whose carets are drawn. */
  carets(): string[] {
    return [...document.querySelectorAll('.cm-person-flag')].map((flag) => flag.textContent ?? '')
  },
  /** The name of what has the focus, through shadow roots. */
  focused(): string {
    let at = document.activeElement
    while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement
    return at?.getAttribute('aria-label') ?? at?.textContent?.trim() ?? ''
  },
  /** Changes the shared text past the editor. */
  insert(at: number, text: string): void {
    document.querySelector<ShownBar>('coterie-bar')?.page.session?.doc.getText('main').insert(at, text)
  },
  /** Characters in the shared text, drawn or not. */
  textLength(): number | undefined {
    return document.querySelector<ShownBar>('coterie-bar')?.page.session?.doc.getText('main').length
  },
  /** Whether the app has started on this page. */
  isUp(): boolean {
    return document.querySelector<Partial<ShownBar> & Element>('coterie-bar')?.page !== undefined
  },
  /** How the first peer is reached. */
  path(): string {
    return document.querySelector<ShownBar>('coterie-bar')?.page.session?.peers[0]?.path ?? 'unknown'
  },
  /** People the session shows as here, oneself counted. */
  peopleHere(): number {
    const session = document.querySelector<ShownBar>('coterie-bar')?.page.session
    return session?.members.filter(({ here }) => here).length ?? 0
  },
  sharedText(): string | undefined {
    return document.querySelector<ShownBar>('coterie-bar')?.page.session?.doc.getText('main').toString()
  },
  /** The whole text at a moment at which the session says that everything is on the disk; null at any other. */
  savedText(): string | null {
    const session = document.querySelector<ShownBar>('coterie-bar')?.page.session
    return session?.status.unsaved === 0 ? session.doc.getText('main').toString() : null
  },
  /** The moment (ms since 1970) at which the shared text held all these parts; null when it did not in time. */
  async whenHolds(parts: readonly string[], patience: number): Promise<number | null> {
    const lateAt = Date.now() + patience
    const bar = document.querySelector<ShownBar>('coterie-bar')
    while (Date.now() < lateAt) {
      const text = bar?.page.session?.doc.getText('main').toString() ?? ''
      if (parts.every((part) => text.includes(part))) return Date.now()
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    return null
  },
  /** What the status names as standing in the way. */
  problem(): string | undefined {
    return document.querySelector<ShownBar>('coterie-bar')?.page.session?.status.problem?.kind
  },
  unshared(): number | undefined {
    return document.querySelector<ShownBar>('coterie-bar')?.page.session?.status.unshared
  },
  unsaved(): number | undefined {
    return document.querySelector<ShownBar>('coterie-bar')?.page.session?.status.unsaved
  },
  /** An invite with these options. @returns its link */
  async invite(options: InviteOptions): Promise<string> {
    const session = document.querySelector<ShownBar>('coterie-bar')?.page.session
    return (await session?.invite(options))?.url ?? ''
  },
  /** Takes back every open invite of this person. */
  async revokeAll(): Promise<void> {
    const session = document.querySelector<ShownBar>('coterie-bar')?.page.session
    for (const { id } of session?.invites ?? []) await session?.revoke(id)
  },
}
