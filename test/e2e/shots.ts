/**
 * `npm run shots`: every screen and every status text as pictures, light and dark, 1280 and 360 pixels wide,
 * into test/.artifacts/shots. To be looked at; nothing is compared.
 *   npm run shots            all of them
 *   npm run shots -- share   those whose name contains "share"
 */
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'puppeteer-core'
import { closeAll, launchBrowser, rootOfRepository } from './browsers.ts'
import { SCENES, type Scene } from './scenes.ts'
import { serveStory } from './story.ts'

const SCHEMES = ['light', 'dark'] as const
const SIZES = [
  { width: 1280, height: 800 },
  { width: 360, height: 720 },
] as const

const folder = join(rootOfRepository(), 'test/.artifacts/shots')
const [wanted = ''] = process.argv.slice(2)
const scenes = SCENES.filter(({ name }) => name.includes(wanted))

async function shoot(page: Page, address: string, scene: Scene): Promise<void> {
  await page.goto('about:blank') // a change of the fragment alone would not load the page again
  await page.goto(address + scene.path)
  await page.waitForFunction(() => 'story' in globalThis || !isSecureContext)
  await scene.play(page)
  await page.evaluate(() => document.fonts.ready.then(() => undefined))
  await new Promise((resolve) => setTimeout(resolve, 400)) // motion and measuring end; nothing here is a test
}

async function main(): Promise<void> {
  if (wanted === '') rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const story = await serveStory()
  const browser = await launchBrowser('chromium')
  let count = 0
  for (const scheme of SCHEMES) {
    for (const size of SIZES) {
      const page = await browser.newPage()
      await page.setViewport(size)
      await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }])
      for (const scene of scenes) {
        await shoot(page, `${story.url}/`, scene)
        await page.screenshot({ path: join(folder, `${scene.name}-${size.width}-${scheme}.png`) })
        count++
      }
      await page.close()
    }
  }
  await closeAll()
  await story.close()
  process.stdout.write(`${count} pictures in test/.artifacts/shots\n`)
}

await main()
