/** Shows a popover under the button it belongs to. Where the page is narrow, CSS makes it a sheet instead. */

/** Pixels between the button and the panel, which then hangs clear of the bar, and to the page's edge. */
const DROP = 14
const GAP = 8

/** A click on the button of an open panel first closes it (light dismiss), then arrives: within so many ms. */
const SAME_CLICK = 200

const closedAt = new WeakMap<HTMLElement, number>()
const openedBy = new WeakMap<HTMLElement, HTMLElement>()

export type Side = 'left' | 'right'

/**
 * @param side which edges of button and panel are aligned
 * @returns false when this very click has just closed the panel, which then stays closed
 */
export function showBeside(panel: HTMLElement, button: HTMLElement, side: Side): boolean {
  if (performance.now() - (closedAt.get(panel) ?? Number.NEGATIVE_INFINITY) < SAME_CLICK) return false
  const box = button.getBoundingClientRect()
  const right = Math.max(GAP, document.documentElement.clientWidth - box.right)
  panel.style.top = `${box.bottom + DROP}px`
  panel.style.left = side === 'left' ? `${Math.max(GAP, box.left)}px` : 'auto'
  panel.style.right = side === 'right' ? `${right}px` : 'auto'
  openedBy.set(panel, button)
  panel.addEventListener('beforetoggle', rememberClosing)
  panel.addEventListener('toggle', returnFocus)
  panel.showPopover()
  return true
}

function rememberClosing(event: ToggleEvent): void {
  if (event.newState === 'closed') closedAt.set(event.currentTarget as HTMLElement, performance.now())
}

/** Who closed the panel by a key goes on from its button; Chromium leaves them in what is no longer shown. */
function returnFocus(event: ToggleEvent): void {
  const panel = event.currentTarget as HTMLElement
  const { activeElement } = panel.getRootNode() as ShadowRoot
  const isNowhere = document.activeElement === null || document.activeElement === document.body
  if (event.newState === 'closed' && (isNowhere || panel.contains(activeElement)))
    openedBy.get(panel)?.focus()
}
