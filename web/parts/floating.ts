/** Shows a popover under the button it belongs to. Where the page is narrow, CSS makes it a sheet instead. */

/** Pixels between the button and the panel, and between the panel and the page's edge. */
const GAP = 8

export type Side = 'left' | 'right'

/** @param side which edges of button and panel are aligned */
export function showBeside(panel: HTMLElement, button: HTMLElement, side: Side): void {
  const box = button.getBoundingClientRect()
  panel.style.top = `${box.bottom + GAP}px`
  panel.style.left = side === 'left' ? `${Math.max(GAP, box.left)}px` : 'auto'
  panel.style.right =
    side === 'right' ? `${Math.max(GAP, document.documentElement.clientWidth - box.right)}px` : 'auto'
  panel.showPopover()
}

/** Clicks on the button of an open popover close it first (light dismiss): this tells such a click from a fresh one. */
export class Toggle {
  #closedAt = 0

  /** To be called on the panel's `toggle` event. */
  changed(event: ToggleEvent): void {
    if (event.newState === 'closed') this.#closedAt = event.timeStamp
  }

  /** Milliseconds within which a close belongs to the same click. */
  wasJustClosed(event: Event): boolean {
    return event.timeStamp - this.#closedAt < 150
  }
}
