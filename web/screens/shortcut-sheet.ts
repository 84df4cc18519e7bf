/** The keys worth knowing, as a modal sheet. */
import { css, html } from 'lit'
import { controls } from '../parts/controls.ts'
import { strings } from '../strings.ts'
import { dialogStyle, ModalDialog } from './dialog.ts'

const isMac = /Mac|iPhone|iPad/.test(navigator.platform)
const mod = isMac ? '⌘' : 'Ctrl'

const SHORTCUTS: readonly (readonly [string, readonly string[]])[] = [
  [strings.shortcutList.undo, [mod, 'Z']],
  [strings.shortcutList.redo, isMac ? [mod, 'Shift', 'Z'] : [mod, 'Y']],
  [strings.shortcutList.find, [mod, 'F']],
  [strings.shortcutList.indent, ['Tab', 'Shift+Tab']],
  [strings.shortcutList.comment, [mod, '/']],
  [strings.shortcutList.leaveEditor, ['Esc', 'Tab']],
  [strings.shortcutList.stopFollowing, ['Esc']],
  [strings.shortcutList.sheet, ['?']],
]

export class ShortcutSheet extends ModalDialog {
  static override styles = [
    controls,
    dialogStyle,
    css`
      dl {
        display: grid;
        margin: 0;
      }
      div {
        display: flex;
        gap: 16px;
        align-items: center;
        justify-content: space-between;
        min-height: 40px;
        border-top: 1px solid var(--line);
      }
      dt {
        flex: 1;
      }
      dd {
        display: flex;
        gap: 4px;
        margin: 0;
      }
      kbd {
        min-width: 24px;
        padding: 2px 8px;
        font: 12px/18px var(--sans);
        text-align: center;
        background: var(--line-soft);
        border: 1px solid var(--line);
        border-radius: 6px;
      }
    `,
  ]

  async open(): Promise<void> {
    await this.show()
  }

  override render() {
    return html`<dialog aria-labelledby="title" closedby="any">
      ${this.header(strings.shortcuts)}
      <dl>
        ${SHORTCUTS.map(
          ([what, keys]) =>
            html`<div><dt>${what}</dt><dd>${keys.map((key) => html`<kbd>${key}</kbd>`)}</dd></div>`,
        )}
      </dl>
    </dialog>`
  }
}
