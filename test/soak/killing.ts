/**
 * Somebody types in a Chromium that is killed in the middle of it, and opens it again: whatever the page had said
 * to be saved is there.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { launchBrowser, type OpenBrowser } from '../e2e/browsers.ts'
import { inPage } from '../e2e/in-page.ts'
import { arrive } from '../e2e/meeting.ts'
import type { Person } from '../e2e/person.ts'
import { until } from '../e2e/waiting.ts'
import type { Chance } from '../sim/chance.ts'
import { kill } from './process-tree.ts'

/** Far more than is typed in the time that is left to live. */
const WORDS = 'what is typed while the browser dies '.repeat(200)
/** Characters that are saved before the end may come, and how many later it comes at most. */
const SAVED_FIRST = 30
const AT_MOST_LATER = 40
/** Milliseconds between two keys: what is typed without any pause is saved at its end. */
const KEY_MS = 40

export interface Killed {
  /** What the page had said to be saved when it was killed, and what was found. */
  readonly saved: string
  readonly found: string
}

/** One life after the other, of one profile and one session. */
export class Lives {
  readonly #folder = mkdtempSync(join(tmpdir(), 'coterie-lives-'))
  readonly #url: string
  readonly #chance: Chance
  #address: string | undefined
  #browser: OpenBrowser | undefined

  constructor(url: string, chance: Chance) {
    this.#url = url
    this.#chance = chance
  }

  /** Types, is killed, and looks what is left. */
  async die(): Promise<Killed> {
    const ada = await this.#awake()
    const before = (await ada.page.evaluate(inPage.textLength)) ?? 0
    const enough = before + SAVED_FIRST + this.#chance.below(AT_MOST_LATER)
    const typing = ada.type(WORDS, KEY_MS).then(
      () => undefined,
      (error: unknown) => error, // the browser is gone: expected
    )
    const isSaved = (text: string | null): boolean => (text?.length ?? 0) >= enough
    const saved = await until('enough is saved', () => ada.page.evaluate(inPage.savedText), isSaved)
    kill(this.#browser?.puppeteer.process()?.pid ?? Number.NaN)
    if ((await typing) === undefined) throw new Error('everything was typed before the browser was killed')
    const again = await this.#awake()
    return { saved: saved ?? '', found: (await again.page.evaluate(inPage.sharedText)) ?? '' }
  }

  async close(): Promise<void> {
    await this.#browser?.close()
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 })
  }

  /** The session open and its text there, in the browser that lives or in a new one. */
  async #awake(): Promise<Person> {
    await this.#browser?.close()
    this.#browser = await launchBrowser('chromium', { profile: this.#folder })
    const ada = await arrive(this.#browser, 'Ada')
    await ada.open(this.#address ?? this.#url)
    if (this.#address === undefined) await this.#begin(ada)
    const isThere = (text: string | undefined): boolean => (text?.length ?? 0) > 0
    await until('the text is there', () => ada.page.evaluate(inPage.sharedText), isThere)
    return ada
  }

  async #begin(ada: Person): Promise<void> {
    await ada.type('once ')
    await ada.seesSaved()
    this.#address = await ada.address()
  }
}
