/**
 * A person at a page: what they see, by the names a screen reader says, and what they do, by keys and clicks.
 * Every wait is for a condition and ends; nothing here sleeps for a time.
 * Not here: starting browsers (browsers.ts) and the server (product.ts), knowledge of any one journey.
 */
import type { ElementHandle, Page } from 'puppeteer-core'
import { fillText, getByRole, type OpenBrowser, pressKey } from './browsers.ts'
import { inPage } from './in-page.ts'
import { PATIENCE, until } from './waiting.ts'

export class Person {
  readonly name: string
  readonly browser: OpenBrowser
  page: Page
  /** Every page this person has opened, the closed ones too. */
  readonly pages: Page[] = []
  readonly errors: string[] = []
  #prepare: (page: Page) => Promise<void> = async () => undefined

  constructor(name: string, browser: OpenBrowser, page: Page) {
    this.name = name
    this.browser = browser
    this.page = page
    this.#listen(page)
  }

  /** Does this with every page this person has, and will open, before anything is loaded there. */
  async eachPage(prepare: (page: Page) => Promise<void>): Promise<void> {
    this.#prepare = prepare
    for (const page of this.pages) await prepare(page)
  }

  /** Page errors and policy reports, in the order they came. */
  #listen(page: Page): void {
    this.pages.push(page)
    page.on('pageerror', (error) => this.errors.push(String(error)))
    page.on('console', (message) => {
      if (message.type() === 'error') this.errors.push(message.text())
    })
  }

  /** Another page of the same profile, which this person looks at from now on. */
  async openTab(url: string): Promise<Page> {
    const page = await this.browser.newPage(this.page)
    this.#listen(page)
    await this.#prepare(page)
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

  /** Types at the end of the text. @param delay milliseconds between two keys */
  async type(text: string, delay = 0): Promise<void> {
    await this.#lookHere()
    await this.page.waitForSelector('.cm-content[contenteditable="true"]', { timeout: PATIENCE })
    await this.page.focus('.cm-content')
    await pressKey(this.page, 'Control+End')
    await this.page.keyboard.type(text, { delay })
  }

  async fill(role: string, name: string, text: string): Promise<void> {
    await this.#lookHere()
    await fillText(this.page, await this.find(role, name), text)
  }

  /** The text on the screen, its placeholder aside. */
  text(): Promise<string> {
    return this.page.evaluate(inPage.text)
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
    return this.page.evaluate(inPage.status)
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
    return this.page.evaluate(inPage.carets)
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
    return this.page.evaluate(inPage.words)
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
    return this.page.evaluate(inPage.focused)
  }

  async seesFocusOn(name: string, patience = PATIENCE): Promise<void> {
    await this.#until(
      `the focus is on "${name}"`,
      () => this.focused(),
      (focused) => focused === name,
      patience,
    )
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
