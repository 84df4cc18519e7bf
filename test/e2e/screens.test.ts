/** Every screen of the web app, as `npm run shots` draws it: its stable names, and what axe says about it. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'puppeteer-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { story as Story } from '../web/fake-engine.ts'
import {
  closeAll,
  getByRole,
  getByText,
  hasRole,
  launchBrowser,
  type OpenBrowser,
  pressKey,
  rootOfRepository,
  whenGone,
} from './browsers.ts'
import { SCENES, type Scene } from './scenes.ts'
import type { Serving } from './serving.ts'
import { serveStory } from './story.ts'

const AXE = readFileSync(join(rootOfRepository(), 'node_modules/axe-core/axe.min.js'), 'utf8')

declare const story: typeof Story

let serving: Serving
let browser: OpenBrowser

beforeAll(async () => {
  serving = await serveStory()
  browser = await launchBrowser('chromium')
})
afterAll(async () => {
  await closeAll()
  await serving.close()
})

async function open(scene: Pick<Scene, 'path' | 'play'>, page: Page): Promise<void> {
  await page.goto('about:blank')
  await page.goto(`${serving.url}/${scene.path}`)
  await page.waitForFunction(() => 'story' in globalThis)
  await scene.play(page)
}

/** What another colour or width may change; names and roles are the same. */
const RULES_OF_LOOKS = ['color-contrast', 'target-size', 'scrollable-region-focusable']

/** What axe calls serious or critical, as "rule: element". @param rules only these; without: all */
async function seriousFindings(page: Page, rules?: readonly string[]): Promise<string[]> {
  await page.evaluate(AXE)
  return page.evaluate(async (only) => {
    const { axe } = globalThis as unknown as { axe: { run(options: object): Promise<AxeResults> } }
    const { violations } = await axe.run(only === undefined ? {} : { runOnly: only })
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${JSON.stringify(target)}`))
  }, rules)
}

interface AxeResults {
  readonly violations: readonly {
    readonly id: string
    readonly impact: string
    readonly nodes: readonly { readonly target: unknown }[]
  }[]
}

const named = (name: string): Scene => {
  const scene = SCENES.find((one) => one.name === name)
  if (!scene) throw new Error(`no scene is called ${name}`)
  return scene
}

describe.each([
  ['light', 1280],
  ['dark', 360],
] as const)(
  'in %s, %i pixels wide, axe finds nothing serious and nothing scrolls sideways on',
  (scheme, width) => {
    let page: Page

    beforeAll(async () => {
      page = await browser.newPage()
      await page.setViewport({ width, height: 720 })
      await page.emulateMediaFeatures([
        { name: 'prefers-color-scheme', value: scheme },
        { name: 'prefers-reduced-motion', value: 'reduce' },
      ])
    })

    // In a second look the chip's and the notice's other words would tell nothing new.
    const scenes = SCENES.filter(({ name }) => width === 1280 || !/^(status|problem)-/.test(name))

    test.each(scenes.map((scene) => [scene.name, scene] as const))('%s', async (_name, scene) => {
      await open(scene, page)
      expect(await seriousFindings(page, width === 1280 ? undefined : RULES_OF_LOOKS)).toEqual([])
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width)
    })
  },
)

describe('in forced colours', () => {
  let page: Page
  beforeAll(async () => {
    page = await browser.newPage()
    const protocol = await page.createCDPSession()
    await protocol.send('Emulation.setEmulatedMedia', {
      features: [{ name: 'forced-colors', value: 'active' }],
    })
  })

  const scenes = [
    'session',
    'people',
    'share-edit',
    'menu',
    'join-card',
    'status-alarm',
    'following',
    'search',
  ]

  test.each(scenes)('axe finds nothing serious: %s', async (name) => {
    await open(named(name), page)
    expect(await page.evaluate(() => matchMedia('(forced-colors: active)').matches)).toBe(true)
    expect(await seriousFindings(page)).toEqual([])
  })

  test('what has the focus has an outline of its own', async () => {
    await open(named('session'), page)
    await page.focus('.cm-content')
    await pressKey(page, 'Escape')
    const outlines = new Map<string, string>()
    for (let stop = 0; stop < 6; stop++) {
      await pressKey(page, 'Shift+Tab')
      const { name, outline } = await page.evaluate(() => {
        let at = document.activeElement
        while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement
        const style = at && getComputedStyle(at)
        const label = at?.getAttribute('aria-label') ?? at?.textContent?.trim()
        return { name: label ?? '', outline: style?.outlineStyle ?? 'none' }
      })
      outlines.set(name, outline)
    }
    expect(outlines.get('Share')).toBe('solid')
    expect([...outlines.values()]).not.toContain('none')
  })

  test('carets keep the colours of their people, and stand out from the page', async () => {
    await open(named('session'), page)
    await page.waitForSelector('.cm-person-caret')
    const found = await page.evaluate(() => {
      const page = getComputedStyle(document.querySelector('.cm-content') ?? document.body)
      return [...document.querySelectorAll('.cm-person-caret')].map((caret) => {
        const { borderLeftColor, borderLeftWidth, height } = getComputedStyle(caret)
        return {
          isShown: borderLeftWidth === '2px' && parseFloat(height) > 8,
          borderLeftColor,
          text: page.color,
        }
      })
    })
    expect(found.length).toBe(2)
    expect(found.every(({ isShown }) => isShown)).toBe(true)
    expect(new Set(found.map(({ borderLeftColor }) => borderLeftColor)).size).toBe(2)
    expect(found.some(({ borderLeftColor, text }) => borderLeftColor === text)).toBe(false)
  })
})

describe('a person finds by its name', () => {
  let page: Page
  beforeEach(async () => {
    page = await browser.newPage()
  })
  afterEach(() => page.close())

  test('the link of the share panel, once and readonly, of the kind that is chosen', async () => {
    await open(named('share-edit'), page)
    const link = await getByRole(page, 'textbox', 'Invite link')
    expect(await link.evaluate((field) => (field as HTMLInputElement).readOnly)).toBe(true)
    const edit = await link.evaluate((field) => (field as HTMLInputElement).value)
    await (await getByRole(page, 'radio', 'Can view')).click()
    await page.waitForFunction((field, old) => (field as HTMLInputElement).value !== old, {}, link, edit)
    expect(await hasRole(page, 'radiogroup', 'Link allows')).toBe(true)
  })

  test('a new link after the old one was used', async () => {
    await open(named('share-edit'), page)
    await page.evaluate(() => {
      if (story.session) story.session.invites = []
      story.session?.gather([story.member('Ben', 3)])
    })
    await (await getByRole(page, 'button', 'New link')).click()
    await getByRole(page, 'button', 'Copy link')
  })

  test('the link selected and the keys to press, when the clipboard is refused', async () => {
    await open(named('draft-typed'), page)
    await page.evaluate(() => {
      navigator.clipboard.write = () => Promise.reject(new DOMException('no', 'NotAllowedError'))
    })
    await (await getByRole(page, 'button', 'Share')).click()
    await getByText(page, 'Press Ctrl+C')
    const link = await getByRole(page, 'textbox', 'Invite link')
    const [from, to, length] = await link.evaluate((field) => {
      const { selectionStart, selectionEnd, value } = field as HTMLInputElement
      return [selectionStart, selectionEnd, value.length]
    })
    expect([from, to]).toEqual([0, length])
    expect(length).toBeGreaterThan(20)
  })

  test('the links that are open, and takes one back: it is then no longer shown', async () => {
    await open(named('share-edit'), page)
    const link = await getByRole(page, 'textbox', 'Invite link')
    await page.waitForFunction((field) => (field as HTMLInputElement).value !== '', {}, link)
    await getByRole(page, 'list', 'Open links')
    await (await page.waitForSelector('>>> ::-p-text(Take back)'))?.click()
    await getByText(page, 'This link was taken back: it opens nothing any more.')
    expect(await link.evaluate((field) => (field as HTMLInputElement).value)).toBe('')
    expect(await page.evaluate(() => story.session?.invites.length)).toBe(0)
    await (await getByRole(page, 'button', 'New link')).click()
    await page.waitForFunction((field) => (field as HTMLInputElement).value !== '', {}, link)
  })

  test('Hide my address, where the server has a relay, and why not where it has none', async () => {
    await open(named('menu'), page)
    const box = await getByRole(page, 'checkbox', 'Hide my address')
    await page.waitForFunction((field) => !(field as HTMLInputElement).disabled, {}, box)
    await box.click()
    expect(await page.evaluate(() => localStorage.getItem('coterie.settings'))).toContain(
      '"hideAddress":true',
    )
    await box.click()
    await open(named('menu-no-relay'), page)
    const none = await getByRole(page, 'checkbox', 'Hide my address')
    await getByText(page, 'This server offers no relay, so your address cannot be hidden.')
    expect(await none.evaluate((field) => (field as HTMLInputElement).disabled)).toBe(true)
  })

  test('everybody in People: with their place, way and time, or that they are not here', async () => {
    await open(named('people-crowd'), page)
    const list = await getByRole(page, 'list', 'People')
    const rows = await list.evaluate((found) =>
      [...found.querySelectorAll('li')].map((row) =>
        [...row.querySelectorAll('span:not(.avatar):not(span span)')]
          .map((part) => part.textContent?.trim())
          .join(' '),
      ),
    )
    expect(rows.length).toBe(32)
    expect(rows[0]).toBe('Ada (you) Owner')
    expect(rows[1]).toMatch(/^Ben Can edit Direct · 24 ms · word-count.ts:2$/i)
    expect(rows).toContainEqual(
      expect.stringMatching(/^Viewer 3 Can view relayed · 80 ms · word-count.ts:1$/i),
    )
    expect(rows).toContainEqual(expect.stringMatching(/^Viewer 10 Can view through others$/i))
    expect(rows.at(-1)).toMatch(/^Viewer 30 Can view Not here$/i)
  })

  test('the question about removing somebody, from the news that they joined; Keep has the focus', async () => {
    await open(named('people-remove'), page)
    await getByText(page, 'Remove Ben? They get nothing from now on. They keep what they have read.')
    await page.waitForFunction(() => {
      let at = document.activeElement
      while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement
      return at?.textContent?.trim() === 'Keep'
    })
    await (await getByRole(page, 'button', 'Remove')).click()
    expect(await page.evaluate(() => story.session?.members.map(({ name }) => name))).not.toContain('Ben')
    await getByText(page, 'You removed Ben')
  })

  test('Join, which has the focus, and the session after Enter', async () => {
    await open(named('join-card'), page)
    expect(new URL(page.url()).hash).toBe('')
    await pressKey(page, 'Enter')
    await getByRole(page, 'textbox', 'Text')
    expect(new URL(page.url()).hash).toBe('#s=0123456789abcdef')
  })

  test('the card again after a reload that came before the answer', async () => {
    await open(named('join-card'), page)
    await page.reload()
    await getByRole(page, 'button', 'Join')
  })

  test('a way out of the editor with the keyboard alone', async () => {
    await open(named('draft-typed'), page)
    await pressKey(page, 'Escape')
    await pressKey(page, 'Shift+Tab')
    expect(await page.evaluate(() => document.activeElement?.localName)).toBe('coterie-bar')
  })

  test('the file, renamed, with its language', async () => {
    await open(named('session'), page)
    const name = await getByRole(page, 'textbox', 'File name')
    await name.click({ count: 3 })
    await page.keyboard.type('notes.py')
    await pressKey(page, 'Enter')
    expect(await page.evaluate(() => story.session?.title)).toBe('notes.py')
    await page.waitForFunction(
      () => document.querySelector('.cm-content')?.getAttribute('data-language') === 'python',
    )
  })

  test('Dark, which stays after a reload', async () => {
    await open(named('menu'), page)
    await (await getByRole(page, 'radio', 'Dark')).click()
    await page.reload()
    await getByRole(page, 'textbox', 'Text')
    expect(await page.evaluate(() => getComputedStyle(document.body).backgroundColor)).toBe('rgb(30, 30, 30)')
  })

  test('the text of a dropped file, under its name, without the breaks of another system', async () => {
    await open(named('draft-empty'), page)
    await page.evaluate(() => {
      const dataTransfer = new DataTransfer()
      dataTransfer.items.add(new File(['one\r\ntwo\r\n'], 'notes.md'))
      const drop = new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true })
      document.querySelector('.cm-content')?.dispatchEvent(drop)
    })
    await page.waitForFunction(() => story.session?.doc.getText('main').toString() === 'one\ntwo\n')
    await page.waitForFunction(() => story.session?.title === 'notes.md')
  })

  test('the sentence for a file that is no text, and keeps the page', async () => {
    await open(named('draft-empty'), page)
    await page.evaluate(() => {
      const dataTransfer = new DataTransfer()
      dataTransfer.items.add(new File([new Uint8Array([0, 255, 1])], 'picture.png'))
      const drop = new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true })
      document.querySelector('.cm-content')?.dispatchEvent(drop)
    })
    await getByText(page, 'That file is not text, so it was not opened.')
  })

  test('what was erased no longer among the recent sessions', async () => {
    await open(named('recent-erase'), page)
    await (await getByRole(page, 'button', 'Erase')).click()
    await whenGone(page, 'button', 'Open word-count.ts')
    expect(await hasRole(page, 'button', 'Open untitled')).toBe(true)
  })
})
