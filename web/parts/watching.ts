/** Draws an element again whenever its page changed, while it is on screen. */
import type { ReactiveController, ReactiveControllerHost } from 'lit'
import type { Page } from '../page.ts'

export class Watching implements ReactiveController {
  readonly #host: ReactiveControllerHost & { readonly page: Page }
  readonly #draw = (): void => this.#host.requestUpdate()

  constructor(host: ReactiveControllerHost & { readonly page: Page }) {
    this.#host = host
    host.addController(this)
  }

  /** Adding the same listener again changes nothing. An element that is upgraded late has its page only now. */
  hostUpdate(): void {
    this.#host.page.addEventListener('change', this.#draw)
  }

  hostDisconnected(): void {
    this.#host.page.removeEventListener('change', this.#draw)
  }
}
