/** The elements that are on the page from the first paint. */
import { Avatars } from './avatars.ts'
import { Bar } from './bar.ts'
import { defineElements } from './element-names.ts'
import { Notice } from './notice.ts'
import { StatusChip } from './status-chip.ts'
import { Toasts } from './toasts.ts'

export function defineFrame(): void {
  defineElements({
    'coterie-status': StatusChip,
    'coterie-avatars': Avatars,
    'coterie-bar': Bar,
    'coterie-notice': Notice,
    'coterie-toasts': Toasts,
  })
}
