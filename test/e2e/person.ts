/**
 * A person at a page: what they see, by the names a screen reader says, and what they do, by keys and clicks.
 * Every wait is for a condition and ends; nothing here sleeps for a time.
 * Not here: starting browsers (browsers.ts) and the server (product.ts), knowledge of any one journey.
 */
import type { ElementHandle, Page } from 'puppeteer-core'
import type { InviteOptions, Session } from '../../src/session/public.ts'
import { fillText, getByRole, type OpenBrowser, pressKey } from './browsers.ts'

/** Milliseconds a person waits for what should come. Generous: two cores drive two browsers. */
const PATIENCE = 20_000

export class Person {
  readonly name: string
  readonly browser: OpenBrowser
  page: Page
  readonly errors: string[] = []

  constructor(name: string, browser: OpenBrowser, page: Page) {
    this.name = name
    this.browser = browser
    this.page = page
    this.#listen(page)
  }

  /** Page errors and policy reports, in the order they came. */
  #listen(page: Page): void {
    page.on('pageerror', (error) => this.errors.push(String(error)))
    page.on('console', (message) => {
      if (message.type() === 'error') this.errors.push(message.text())
    })
  }

  /** Another page of the same profile, which this person looks at from now on. */
  async openTab(url: string): Promise<Page> {
    const page = await this.browser.newPage(this.page)
    this.#listen(page)
    this.page = page
    await page.goto(url)
    return page
  }

  async open(url: string): Promise<void> {
    await this.page.goto(url)
  }

  /** Brings the window to the front: Firefox gives one window at a time the focus, and its events with it. */
  async #lookHere(): Promise<void> {
    if (this.browser.name === 'firefox') await this.page.bringToFront()
  }

  find(role: string, name: string, patience = PATIENCE): Promise<ElementHandle> {
    return getByRole(this.page, role, name, patience)
  }

  async click(role: string, name: string): Promise<void> {
    await this.#lookHere()
    const found = await this.find(role, name)
    await found.click()
  }

  /** Presses a key or keys together, wherever the focus is. */
  async press(combination: string): Promise<void> {
    await this.#lookHere()
    await pressKey(this.page, combination)
  }

  /** Types wherever the focus is. */
  async typeHere(text: string): Promise<void> {
    await this.#lookHere()
    await this.page.keyboard.type(text)
  }

  /** Types at the end of the text. */
  async type(text: string): Promise<void> {
    await this.#lookHere()
    await this.page.waitForSelector('.cm-content[contenteditable="true"]', { timeout: PATIENCE })
    await this.page.focus('.cm-content')
    await pressKey(this.page, 'Control+End')
    await this.page.keyboard.type(text)
  }

  async fill(role: string, name: string, text: string): Promise<void> {
    await this.#lookHere()
    await fillText(this.page, await this.find(role, name), text)
  }

  /** The text on the screen, its placeholder aside. */
  text(): Promise<string> {
    return this.page.evaluate(shownText)
  }

  /** Waits until the screen shows what `holds` says of it. @param what ends the sentence "waited until …" */
  async sees(text: string, patience = PATIENCE): Promise<void> {
    await this.#until(
      `the text is ${JSON.stringify(text)}`,
      () => this.text(),
      (shown) => shown === text,
      patience,
    )
  }

  async seesPart(part: string, patience = PATIENCE): Promise<void> {
    await this.#until(
      `the text holds ${JSON.stringify(part)}`,
      () => this.text(),
      (shown) => shown.includes(part),
      patience,
    )
  }

  /** The status chip's text. */
  status(): Promise<string> {
    return this.page.evaluate(
      () =>
        document
          .querySelector('coterie-bar')
          ?.shadowRoot?.querySelector('coterie-status')
          ?.shadowRoot?.querySelector('[role=status]')?.textContent ?? '',
    )
  }

  async seesStatus(text: string, patience = PATIENCE): Promise<void> {
    await this.#until(
      `the status is "${text}"`,
      () => this.status(),
      (shown) => shown === text,
      patience,
    )
  }

  async seesCaretOf(name: string, patience = PATIENCE): Promise<void> {
    await this.#until(
      `the caret of ${name} is drawn`,
      () => this.carets(),
      (names) => names.includes(name),
      patience,
    )
  }

  /** Whose carets are drawn in the text. */
  carets(): Promise<string[]> {
    return this.page.evaluate(() =>
      [...document.querySelectorAll('.cm-person-flag')].map((flag) => flag.textContent ?? ''),
    )
  }

  /** Waits until every change of this person is held by somebody else. */
  async seesShared(patience = PATIENCE): Promise<void> {
    await this.#until(
      'all changes are shared',
      () => this.page.evaluate(inPage.unshared),
      (count) => count === 0,
      patience,
    )
  }

  /** Waits until every change of this person is on the device's disk. */
  async seesSaved(patience = PATIENCE): Promise<void> {
    await this.#until(
      'all changes are saved',
      () => this.page.evaluate(inPage.unsaved),
      (count) => count === 0,
      patience,
    )
  }

  /** Waits until the page can be loaded again without a server. */
  async readyForOffline(): Promise<void> {
    await this.page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined))
  }

  /** Everything readable on the page outside the text, through shadow roots. */
  words(): Promise<string> {
    return this.page.evaluate(readAloud)
  }

  async seesWords(words: string, patience = PATIENCE): Promise<void> {
    await this.#until(
      `the page says "${words}"`,
      () => this.words(),
      (said) => said.includes(words),
      patience,
    )
  }

  async seesNoWords(words: string, patience = PATIENCE): Promise<void> {
    await this.#until(
      `the page no longer says "${words}"`,
      () => this.words(),
      (said) => !said.includes(words),
      patience,
    )
  }

  fileName(): Promise<string> {
    return this.find('textbox', 'File name').then((field) =>
      field.evaluate((input) => (input as HTMLInputElement).value),
    )
  }

  address(): Promise<string> {
    return this.page.evaluate(() => location.href)
  }

  /** The name of what has the focus, through shadow roots. */
  focused(): Promise<string> {
    return this.page.evaluate(() => {
      let at = document.activeElement
      while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement
      return at?.getAttribute('aria-label') ?? at?.textContent?.trim() ?? ''
    })
  }

  async #until<T>(
    what: string,
    look: () => Promise<T>,
    holds: (seen: T) => boolean,
    patience: number,
  ): Promise<void> {
    await until(`${this.name} waited until ${what}`, look, holds, patience)
  }

  /** Closes the page as a person closes a tab: the page hears of it. */
  async leave(): Promise<void> {
    await this.page.close({ runBeforeUnload: false })
  }
}

/** Looks again and again until it holds. A look that throws, as during a navigation, is one that saw nothing. */
export async function until<T>(
  what: string,
  look: () => Promise<T>,
  holds: (seen: T) => boolean,
  patience = PATIENCE,
): Promise<T> {
  const lateAt = Date.now() + patience
  let last: unknown
  do {
    try {
      const seen = await look()
      if (holds(seen)) return seen
      last = seen
    } catch (error) {
      last = error
    }
    await new Promise((resolve) => setTimeout(resolve, 30))
  } while (Date.now() < lateAt)
  throw new Error(
    `${what}, for ${patience} ms; last: ${last instanceof Error ? last.message : JSON.stringify(last)}`,
  )
}

/** What the page's own bar shows: the only part of the app's insides that tests look at. */
interface ShownBar extends Element {
  readonly page: { readonly session: Session | undefined }
}

/** Functions for `page.evaluate`: each stands alone, because only its own text travels. */
export const inPage = {
  /** Changes the shared text past the editor. */
  insert(at: number, text: string): void {
    document.querySelector<ShownBar>('coterie-bar')?.page.session?.doc.getText('main').insert(at, text)
  },
  /** Characters in the shared text, drawn or not. */
  textLength(): number | undefined {
    return document.querySelector<ShownBar>('coterie-bar')?.page.session?.doc.getText('main').length
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

function shownText(): string {
  const placeholder = document.querySelector('.cm-placeholder')
  const lines = [...document.querySelectorAll('.cm-content > .cm-line')]
  return lines
    .map((line) => (placeholder && line.contains(placeholder) ? '' : (line.textContent ?? '')))
    .join('\n')
}

function readAloud(): string {
  const said: string[] = []
  const read = (node: Node): void => {
    if (node instanceof HTMLElement && node.matches('.cm-editor, style, script')) return
    if (node instanceof HTMLElement && !node.checkVisibility()) return
    if (node instanceof Text) said.push(node.data)
    if (node instanceof Element && node.shadowRoot)
      for (const child of node.shadowRoot.childNodes) read(child)
    for (const child of node.childNodes) read(child)
  }
  read(document.body)
  return said.join('').replace(/\s+/g, ' ')
}
