/**
 * `npm run shots`: every screen and every status text as pictures, light and dark, 1280 and 360 pixels wide,
 * into test/.artifacts/shots. To be looked at; nothing is compared.
 */
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'puppeteer-core'
import { readCommandLine } from '../command-line.ts'
import { closeAll, getByRole, launchBrowser, type OpenBrowser, rootOfRepository } from './browsers.ts'
import { playReal } from './real-scenes.ts'
import { SCENES, type Scene } from './scenes.ts'
import { serveStory } from './story.ts'

interface Look {
  readonly scheme: 'light' | 'dark'
  readonly width: number
  readonly height: number
}

const LOOKS: readonly Look[] = [
  { scheme: 'light', width: 1280, height: 800 },
  { scheme: 'dark', width: 1280, height: 800 },
  { scheme: 'light', width: 360, height: 720 },
  { scheme: 'dark', width: 360, height: 720 },
]

/** Milliseconds until motion and measuring have ended. Nothing here is a test. */
const SETTLE = 400

/** A name that is not this computer's own, so that its pages are no secure context. */
const ELSEWHERE = 'elsewhere.test'

const folder = join(rootOfRepository(), 'test/.artifacts/shots')
const USAGE = `npm run shots -- [NAME]

  NAME  only pictures whose name contains it, as in "share"; "real" for those of a real session`
const [wanted = ''] = readCommandLine(USAGE, { flags: [], words: true }).words
let count = 0

async function arrive(browser: OpenBrowser, { scheme, width, height }: Look): Promise<Page> {
  const page = await browser.newPage()
  await page.setViewport({ width, height })
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }])
  return page
}

async function take(name: string, page: Page, { scheme, width }: Look): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, SETTLE))
  await page.screenshot({ path: join(folder, `${name}-${width}-${scheme}.png`) })
  count++
}

async function play(page: Page, address: string, scene: Scene): Promise<void> {
  await page.goto('about:blank') // a change of the fragment alone would not load the page again
  await page.goto(address + scene.path)
  await page.waitForFunction(() => 'story' in globalThis)
  await scene.play(page)
}

async function shootStory(browser: OpenBrowser, look: Look, url: string): Promise<void> {
  const page = await arrive(browser, look)
  for (const scene of SCENES.filter(({ name }) => name.includes(wanted))) {
    await play(page, `${url}/`, scene)
    await take(scene.name, page, look)
    await page.evaluate(() => sessionStorage.clear()) // an invite not answered would come back
  }
  if ('not-secure'.includes(wanted)) {
    await page.goto(url.replace('localhost', ELSEWHERE))
    await getByRole(page, 'heading', 'One more step before you can edit in private')
    await take('not-secure', page, look)
  }
  await page.close()
}

async function main(): Promise<void> {
  if (wanted === '') rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const story = await serveStory()
  const browser = await launchBrowser('chromium', {
    flags: [`--host-resolver-rules=MAP ${ELSEWHERE} localhost`],
  })
  for (const look of LOOKS) {
    await shootStory(browser, look, story.url)
    if ('real'.includes(wanted) || wanted.startsWith('real')) {
      await playReal(
        () => arrive(browser, look),
        (name, page) => take(name, page, look),
      )
    }
  }
  await closeAll()
  await story.close()
  process.stdout.write(`${count} pictures in test/.artifacts/shots\n`)
}

await main()
