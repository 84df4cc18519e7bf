/** A new version of the app: offered, never taken by itself, and there after `Reload to update`. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createSignalingServer } from '../../signaling/index.ts'
import { BROWSERS, closeAll, launchBrowser, rootOfRepository } from './browsers.ts'
import { arrive } from './meeting.ts'
import { freePort } from './product.ts'

let folder: string
let server: { close(): Promise<void> } | undefined

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'coterie-update-'))
})
afterAll(async () => {
  await closeAll()
  await server?.close()
  rmSync(folder, { recursive: true })
})

/** Serves the built page, in a version of that number, where the last one stood. */
async function serveVersion(number: number, port: number): Promise<void> {
  await server?.close()
  cpSync(join(rootOfRepository(), 'dist/web'), folder, { recursive: true })
  const change = (name: string, from: RegExp, to: string) => {
    const before = readFileSync(join(folder, name), 'utf8')
    const after = before.replace(from, to)
    expect(after).not.toBe(before)
    writeFileSync(join(folder, name), after)
  }
  change('index.html', /<head>/, `<head><meta name="version" content="${number}">`)
  change('sw.js', /(url:"index.html",revision:")[0-9a-f]+/, `$1${String(number).repeat(32)}`)
  server = await createSignalingServer({ port, webFolder: folder }).listen()
}

test.each(BROWSERS)('in %s', async (name) => {
  const port = await freePort()
  await serveVersion(1, port)
  const browser = await launchBrowser(name)
  const ada = await arrive(browser, 'Ada')
  const version = () =>
    ada.page.evaluate(() => document.querySelector<HTMLMetaElement>('meta[name=version]')?.content)
  await ada.open(`http://localhost:${port}`)
  await ada.type('kept')
  await ada.seesSaved()
  await ada.readyForOffline()
  expect(await version()).toBe('1')

  await serveVersion(2, port)
  await ada.page.reload()
  await ada.seesWords('A new version is ready.')
  await ada.type(' and typed on')
  await ada.seesSaved()
  expect(await version()).toBe('1')

  await ada.click('button', 'Reload to update')
  await ada.page.waitForFunction(
    () => document.querySelector<HTMLMetaElement>('meta[name=version]')?.content === '2',
  )
  await ada.sees('kept and typed on')
  await ada.seesNoWords('A new version is ready.')
  expect(
    ada.errors.filter((error) => !/WebSocket|ERR_CONNECTION|establish a connection/.test(error)),
  ).toEqual([])
  await browser.close()
})
