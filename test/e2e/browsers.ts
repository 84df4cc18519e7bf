/**
 * Real Chromium and real Firefox, driven from Node through one thin door over puppeteer-core: Chromium by
 * its own protocol, a stock Firefox by WebDriver BiDi. Nothing is downloaded.
 *
 *   const browser = await launchBrowser('firefox')
 *   const page = await browser.newPage()                 // a fresh profile of its own
 *   const again = await browser.newPage(page)            // another page of the same person's profile
 *   await (await getByRole(page, 'button', 'Share')).click()
 *   afterAll(closeAll)
 *
 * What a test looks for, it looks for as a person with a screen reader would: by role and accessible name,
 * computed by the browser itself, through open shadow roots.
 * Not here: serving pages (serving.ts), running a suite inside a page (suite.ts), any wrapping of a page:
 * what stands below is puppeteer's own `Page`.
 * Invariants: whatever is launched is closed by `closeAll`; each page is a window of its own, so that none is
 * throttled as a hidden tab; no look-up sleeps longer than `LOOK_AGAIN`.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import puppeteer, {
  type Browser,
  type ElementHandle,
  type KeyInput,
  type LaunchOptions,
  type Page,
} from 'puppeteer-core'

export type BrowserName = 'chromium' | 'firefox'
export const BROWSERS: readonly BrowserName[] = ['chromium', 'firefox']

/** Milliseconds a look-up waits for its element, and between two looks. */
const PATIENCE = 20_000
const LOOK_AGAIN = 50

const CHROMIUM_FLAGS = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking'],
  ...['--disable-component-update', '--disable-sync', '--no-first-run'],
]

export interface BrowserOptions {
  /** More command-line flags (Chromium) or arguments (Firefox). */
  readonly flags?: readonly string[]
  /** Firefox only: preferences, as in about:config. */
  readonly preferences?: Readonly<Record<string, string | number | boolean>>
  /** Chromium only: a folder that keeps the profile when the browser ends. All pages are of this one profile. */
  readonly profile?: string
  /** Width and height of every page, in CSS pixels. */
  readonly viewport?: { readonly width: number; readonly height: number }
}

export interface OpenBrowser {
  readonly name: BrowserName
  readonly version: string
  /** For what this door does not offer: Chromium's own protocol, cookies, permissions. */
  readonly puppeteer: Browser
  /** A page in a fresh profile, or in the profile of a page that is (or was) open. */
  newPage(sameProfileAs?: Page): Promise<Page>
  close(): Promise<void>
}

const launched = new Set<OpenBrowser>()
const pagesOfFirefox = new WeakSet<Page>()

export async function launchBrowser(name: BrowserName, options: BrowserOptions = {}): Promise<OpenBrowser> {
  const browser = await puppeteer.launch(launchOptions(name, options))
  const open: OpenBrowser = {
    name,
    version: await browser.version(),
    puppeteer: browser,
    newPage: async (sameProfileAs) => {
      const known =
        options.profile === undefined ? sameProfileAs?.browserContext() : browser.defaultBrowserContext()
      const profile = known ?? (await browser.createBrowserContext())
      const page = await profile.newPage({ type: 'window' })
      if (name === 'chromium') await page.emulateFocusedPage(true)
      else pagesOfFirefox.add(page)
      return page
    },
    close: async () => {
      launched.delete(open)
      await browser.close()
    },
  }
  launched.add(open)
  return open
}

/** Closes every browser that is still open; for `afterAll`. */
export async function closeAll(): Promise<void> {
  await Promise.all([...launched].map((browser) => browser.close()))
}

function launchOptions(name: BrowserName, options: BrowserOptions): LaunchOptions {
  const common = {
    executablePath: executableOf(name),
    headless: true,
    defaultViewport: options.viewport ?? { width: 1280, height: 800 },
  }
  const flags = [...(options.flags ?? [])]
  if (name === 'chromium') {
    const kept = options.profile === undefined ? {} : { userDataDir: options.profile }
    return { ...common, ...kept, browser: 'chrome', args: [...CHROMIUM_FLAGS, ...flags] }
  }
  return { ...common, browser: 'firefox', args: flags, extraPrefsFirefox: { ...options.preferences } }
}

/** The browser's program: named by COTERIE_CHROMIUM or COTERIE_FIREFOX, or the first known path that exists. */
function executableOf(name: BrowserName): string {
  const named = process.env[`COTERIE_${name.toUpperCase()}`]
  const known: Record<BrowserName, string[]> = JSON.parse(
    readFileSync(join(rootOfRepository(), '.scripts/browsers.json'), 'utf8'),
  )
  const found = named ?? known[name].find((path) => existsSync(path))
  if (found === undefined) throw new Error(`${name} is not installed; \`npm test\` installs it or says how`)
  return found
}

/** The folder that holds package.json, from a source file and from its built copy in dist alike. */
export function rootOfRepository(): string {
  let folder = import.meta.dirname
  while (!existsSync(join(folder, 'package.json'))) folder = join(folder, '..')
  return folder
}

/**
 * The first visible element of this role and exact accessible name, waited for.
 * @param name a name may hold one kind of quotation mark, not both
 * @param patience milliseconds to wait
 */
export async function getByRole(
  page: Page,
  role: string,
  name: string,
  patience = PATIENCE,
): Promise<ElementHandle> {
  const quote = name.includes('"') ? "'" : '"'
  return getVisible(
    page,
    `>>> ::-p-aria([name=${quote}${name}${quote}][role="${role}"])`,
    `${role} "${name}"`,
    patience,
  )
}

/** The first visible, smallest element that holds this text, waited for. */
export async function getByText(page: Page, text: string, patience = PATIENCE): Promise<ElementHandle> {
  return getVisible(page, `>>> ::-p-text(${text})`, `text "${text}"`, patience)
}

/** Resolves when no visible element of this role and name is left. */
export async function whenGone(page: Page, role: string, name: string, patience = PATIENCE): Promise<void> {
  const gone = async () => ((await hasRole(page, role, name)) ? undefined : true)
  await look(gone, patience, `the ${role} "${name}" is still on ${page.url()}`)
}

/** Whether such an element is visible now; waits for nothing. */
export async function hasRole(page: Page, role: string, name: string): Promise<boolean> {
  const quote = name.includes('"') ? "'" : '"'
  return (
    (await firstVisible(page, `>>> ::-p-aria([name=${quote}${name}${quote}][role="${role}"])`)) !== undefined
  )
}

async function getVisible(
  page: Page,
  selector: string,
  described: string,
  patience: number,
): Promise<ElementHandle> {
  return look(() => firstVisible(page, selector), patience, `no visible ${described} on ${page.url()}`)
}

async function firstVisible(page: Page, selector: string): Promise<ElementHandle | undefined> {
  for (const element of await found(page, selector)) {
    if (await element.isVisible()) return element
    await element.dispose()
  }
  return undefined
}

/**
 * What a selector finds through open shadow roots. `>>>` begins a search of its own at every element, and a stock
 * Firefox is asked anew for each: two seconds for one button. There it begins at the roots alone.
 */
async function found(page: Page, selector: string): Promise<readonly ElementHandle[]> {
  const isSlow = pagesOfFirefox.has(page) && selector.startsWith(`${PIERCING}::-p-aria`)
  if (!isSlow) return page.$$(selector)
  const roots = await rootsOf(page)
  const inside = await Promise.all(roots.map((root) => root.$$(selector.slice(PIERCING.length))))
  return inside.flat()
}

const PIERCING = '>>> '

async function rootsOf(page: Page): Promise<readonly ElementHandle[]> {
  const list = await page.evaluateHandle(() => {
    const roots: (Element | ShadowRoot)[] = [document.documentElement]
    for (const root of roots)
      for (const { shadowRoot } of root.querySelectorAll('*')) if (shadowRoot) roots.push(shadowRoot)
    return roots
  })
  const roots = [...(await list.getProperties()).values()].map((root) => root.asElement())
  return roots.filter((root) => root !== null) as ElementHandle[]
}

/** Looks until there is something. A look that throws, as during a navigation, is one that found nothing. */
async function look<T>(find: () => Promise<T | undefined>, patience: number, complaint: string): Promise<T> {
  const deadline = Date.now() + patience
  let failure: unknown
  while (Date.now() < deadline) {
    try {
      const found = await find()
      if (found !== undefined) return found
      failure = undefined
    } catch (error) {
      failure = error
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN))
  }
  throw new Error(`after ${patience} ms: ${complaint}`, { cause: failure })
}

/** Replaces what an input or an editable element holds, by typing as a person does. */
export async function fillText(page: Page, element: ElementHandle, text: string): Promise<void> {
  await element.focus()
  await pressKey(page, 'Control+A')
  await page.keyboard.press('Delete')
  await page.keyboard.type(text)
}

/** Presses a key, or keys together: `Enter`, `Control+Shift+Z`. */
export async function pressKey(page: Page, combination: string): Promise<void> {
  const keys = combination.split('+').map((key) => (key.length === 1 ? key.toLowerCase() : key)) as KeyInput[]
  const last = keys.pop()
  if (last === undefined) throw new Error('pressKey needs a key')
  for (const key of keys) await page.keyboard.down(key)
  await page.keyboard.press(last)
  for (const key of keys.reverse()) await page.keyboard.up(key)
}
