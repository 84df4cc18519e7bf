/**
 * What can be done about the session itself, at the end of `People`: pausing, asking to edit, beginning it anew, ending it
 * for everybody, leaving it and erasing its copy. What cannot be undone asks first.
 */
import { css, html, LitElement, nothing } from 'lit'
import type { Session } from '../../src/index.ts'
import type { Page } from '../page.ts'
import { strings } from '../strings.ts'
import { controls } from './controls.ts'
import { defineElements } from './element-names.ts'
import { Watching } from './watching.ts'

export type SessionQuestion = 'restart' | 'end' | 'erase'

export class SessionActions extends LitElement {
  static override properties = { page: { attribute: false }, asking: { attribute: false } }
  static override styles = [
    controls,
    css`
      :host {
        display: grid;
        gap: 8px;
        padding-top: 12px;
        border-top: 1px solid var(--line);
      }
      .row {
        display: flex;
        flex-wrap: wrap;
        gap: 8px;
        align-items: center;
      }
    `,
  ]
  declare page: Page
  /** Which question is on screen; whoever shows this is told by the event 'asking' which one should be. */
  declare asking: SessionQuestion | undefined

  constructor() {
    super()
    this.asking = undefined
    new Watching(this)
  }

  override render() {
    const { session } = this.page
    if (session === undefined) return nothing
    if (this.asking === 'restart') return this.#askRestart()
    if (this.asking === 'end') return this.#askEnd()
    if (this.asking === 'erase') return this.#askErase(session)
    return html`<div class="row">
      ${this.#pause(session)} ${this.#ask(session)}
      ${
        this.page.isOwner && session.members.length > 1
          ? html`<button type="button" @click=${() => this.#show('restart')}>${strings.restart.act}</button>
              <button type="button" @click=${() => this.#show('end')}>${strings.endForEveryone}</button>`
          : nothing
      }
      ${
        session.copies.length > 1
          ? html`<button type="button" aria-haspopup="dialog" @click=${() => this.#attempt(this.#showCopies())}>${strings.copies.open}</button>`
          : nothing
      }
      <button type="button" aria-haspopup="dialog" @click=${() => this.#attempt(this.#showDevices())}>
        ${strings.devices.open}
      </button>
      <button type="button" @click=${() => this.#show('erase')}>${strings.leaveAndErase}</button>
    </div>`
  }

  async #showCopies(): Promise<void> {
    const { CopiesDialog } = await import('../screens/copies-dialog.ts')
    defineElements({ 'coterie-copies-dialog': CopiesDialog })
    const there = document.querySelector<InstanceType<typeof CopiesDialog>>('coterie-copies-dialog')
    const dialog = there ?? new CopiesDialog()
    dialog.page = this.page
    if (!there) document.body.append(dialog)
    await dialog.open()
  }

  async #showDevices(): Promise<void> {
    const { DevicesDialog } = await import('../screens/devices-dialog.ts')
    defineElements({ 'coterie-devices-dialog': DevicesDialog })
    const there = document.querySelector<InstanceType<typeof DevicesDialog>>('coterie-devices-dialog')
    const dialog = there ?? new DevicesDialog()
    dialog.page = this.page
    if (!there) document.body.append(dialog)
    await dialog.open()
  }

  #pause({ members, isPaused }: Session) {
    if (!this.page.isOwner || members.length === 1) return nothing
    return html`<button type="button" @click=${() => this.#attempt(this.page.session?.pause(!isPaused))}>
        ${isPaused ? strings.resumeEditing : strings.pauseEditing}
      </button>
      ${isPaused ? html`<span class="muted">${strings.pausedForOthers}</span>` : nothing}`
  }

  #ask({ me }: Session) {
    if (!this.page.mayAsk) return nothing
    return html`<button type="button" @click=${() => this.page.session?.askToEdit(!me.asksToEdit)}>
      ${me.asksToEdit ? strings.takeBackRequest : strings.askToEdit}
    </button>`
  }

  #askRestart() {
    return html`<coterie-question
      .name=${strings.restart.act}
      .sentence=${strings.restart.question}
      .act=${strings.restart.act}
      .otherwise=${strings.goOn}
      @answer=${({ detail }: CustomEvent<boolean>) => {
        this.#show(undefined)
        if (detail) this.#attempt(this.#restart())
      }}
      >${this.#download()}</coterie-question
    >`
  }

  async #restart(): Promise<void> {
    await this.page.session?.restart()
    this.page.toast(strings.restart.done)
  }

  #askEnd() {
    return html`<coterie-question
      .name=${strings.endForEveryone}
      .sentence=${strings.endQuestion}
      .act=${strings.endForEveryone}
      .otherwise=${strings.goOn}
      @answer=${({ detail }: CustomEvent<boolean>) => {
        this.#show(undefined)
        if (detail) this.#attempt(this.page.session?.endForEveryone())
      }}
      >${this.#download()}</coterie-question
    >`
  }

  #askErase({ me, members }: Session) {
    const isOwnerOfOthers = me.role === 'owner' && members.length > 1
    return html`<coterie-question
      .name=${strings.leaveAndErase}
      .sentence=${isOwnerOfOthers ? strings.eraseOwnQuestion : strings.eraseCopyQuestion}
      .act=${strings.leaveAndErase}
      .otherwise=${strings.keepCopy}
      @answer=${({ detail }: CustomEvent<boolean>) => {
        this.#show(undefined)
        const { session } = this.page
        if (detail && session) this.#attempt(this.#erase(session))
      }}
      >${this.#download()}</coterie-question
    >`
  }

  async #erase({ localId }: Session): Promise<void> {
    await this.page.erase(localId)
    this.page.toast(strings.problems.forgotten)
  }

  /** Whatever is answered: the text can be taken along. */
  #download() {
    const tell = () =>
      this.dispatchEvent(new CustomEvent('command', { detail: 'download', bubbles: true, composed: true }))
    return html`<button type="button" @click=${tell}>${strings.download}</button>`
  }

  #show(asking: SessionQuestion | undefined): void {
    this.dispatchEvent(new CustomEvent('asking', { detail: asking }))
  }

  #attempt(work: Promise<void> | undefined): void {
    work?.catch((error: Error) => this.page.toast(error.message))
  }
}
