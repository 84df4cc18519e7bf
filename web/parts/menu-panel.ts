/** The small menu: files, recent sessions, how the page looks. What is chosen is told to the page by events. */
import { css, html, LitElement } from 'lit'
import type { IconNode } from 'lucide'
import { Clock, Download, FilePlus, FolderOpen, History, Keyboard, LockKeyhole, LogIn, QrCode } from 'lucide'
import { engine } from '../engine.ts'
import type { FlagChoice, Settings, Theme } from '../settings.ts'
import { strings } from '../strings.ts'
import { choice, controls, panel } from './controls.ts'
import { showBeside } from './floating.ts'
import { icon } from './icon.ts'

export type MenuCommand =
  | 'new-draft'
  | 'open-file'
  | 'download'
  | 'join'
  | 'connect'
  | 'recent'
  | 'versions'
  | 'passphrase'
  | 'shortcuts'

const COMMANDS: readonly (readonly [MenuCommand, string, IconNode])[] = [
  ['new-draft', strings.newDraft, FilePlus],
  ['open-file', strings.openFile, FolderOpen],
  ['download', strings.download, Download],
  ['join', strings.joinDialog.command, LogIn],
  ['connect', strings.hand.command, QrCode],
  ['versions', strings.versions.command, History],
  ['recent', strings.recentSessions, Clock],
  ['passphrase', strings.passphrase.command, LockKeyhole],
  ['shortcuts', strings.shortcuts, Keyboard],
]

export class MenuPanel extends LitElement {
  static override properties = {
    settings: { attribute: false },
    kept: { state: true },
    relay: { state: true },
  }
  static override styles = [
    controls,
    panel,
    choice,
    css`
      [popover] {
        width: 264px;
        padding: 8px;
      }
      .commands {
        display: grid;
        gap: 0;
      }
      .commands button {
        justify-content: start;
        gap: 12px;
        min-height: 36px;
        padding: 0 8px;
        font-weight: 400;
        border-color: transparent;
      }
      .commands svg {
        color: var(--ink-2);
      }
      .settings {
        display: grid;
        gap: 8px;
        margin-top: 8px;
        padding: 12px 8px 4px;
        border-top: 1px solid var(--line);
      }
      .label {
        font-weight: 500;
      }
      .switch {
        display: flex;
        gap: 8px;
        align-items: center;
        min-height: 28px;
        font-weight: 500;
      }
      .switch input {
        width: 16px;
        min-height: 16px;
        margin: 0;
        accent-color: var(--accent);
      }
      .note {
        padding-top: 4px;
        font-size: 12px;
      }
    `,
  ]
  declare settings: Settings
  /** Whether the server offers a relay; asked each time the menu opens. */
  declare relay: 'asking' | 'yes' | 'no' | 'unreachable'
  /** Whether the browser promised to keep storage; undefined: not asked yet. */
  declare kept: boolean | undefined

  constructor() {
    super()
    this.relay = 'asking'
  }

  open(button: HTMLElement): void {
    const panel = this.#panel
    if (panel && showBeside(panel, button, 'right')) panel.querySelector('button')?.focus()
    navigator.storage?.persisted?.().then((kept) => {
      this.kept = kept
    }, reportError)
    engine()
      .then(({ offersRelay }) => offersRelay())
      .then((answer) => {
        this.relay = answer
      }, reportError)
  }

  get #panel(): HTMLElement | null {
    return this.renderRoot.querySelector<HTMLElement>('[popover]')
  }

  override render() {
    return html`<div popover="auto" role="dialog" aria-label=${strings.menu}>
      <div class="commands">
        ${COMMANDS.map(
          ([command, name, node]) =>
            html`<button type="button" @click=${() => this.#command(command)}>${icon(node)} ${name}</button>`,
        )}
      </div>
      <div class="settings">
        <span class="label">${strings.theme}</span>
        ${this.#choice('theme', strings.theme, Object.entries(strings.themes), this.settings.theme)}
        <span class="label">${strings.flags}</span>
        ${this.#choice('flags', strings.flags, Object.entries(strings.flagChoices), this.settings.flags)}
        ${this.#hideAddress()}
        ${
          this.kept === undefined
            ? ''
            : html`<p class="muted note">${this.kept ? strings.storageKept : strings.storageMayGo}</p>`
        }
      </div>
    </div>`
  }

  /** Where there is no relay it cannot be turned on, and says why. */
  #hideAddress() {
    const isOn = this.settings.hideAddress
    const note = isOn && this.relay === 'no' ? 'nobody' : this.relay
    return html`<label class="switch"
        ><input
          type="checkbox"
          autocomplete="off"
          aria-describedby="hide-address-note"
          .checked=${isOn}
          ?disabled=${this.relay !== 'yes' && !isOn}
          @change=${(event: Event) => this.#set({ hideAddress: (event.target as HTMLInputElement).checked })}
        />${strings.hideAddress}</label
      >
      <p class="muted note" id="hide-address-note">${strings.hideAddressNotes[note]}</p>`
  }

  #choice(key: 'theme' | 'flags', name: string, choices: [string, string][], chosen: string) {
    return html`<div class="choice" role="radiogroup" aria-label=${name}>
      ${choices.map(
        ([value, label]) =>
          html`<label
            ><input
              type="radio"
              name=${key}
              autocomplete="off"
              .checked=${chosen === value}
              @change=${() => this.#set({ [key]: value as Theme & FlagChoice })}
            />${label}</label
          >`,
      )}
    </div>`
  }

  #set(change: Partial<Settings>): void {
    this.dispatchEvent(new CustomEvent('setting', { detail: change, bubbles: true, composed: true }))
  }

  #command(command: MenuCommand): void {
    this.#panel?.hidePopover()
    this.dispatchEvent(new CustomEvent('command', { detail: command, bubbles: true, composed: true }))
  }
}
