/** A page before thirty viewers, real ones over WebRTC: everybody is listed, counted and announced, calmly. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { toBase64url } from '../../src/base/bytes.ts'
import { encodePosition } from '../../src/doc/cursor.ts'
import { createNode } from '../../src/node.ts'
import type { Session } from '../../src/session/public.ts'
import { closeAll, launchBrowser, rootOfRepository } from './browsers.ts'
import { arrive, share } from './meeting.ts'
import type { Person } from './person.ts'
import { type Product, startProduct, stopProducts } from './product.ts'
import { until } from './waiting.ts'

const VIEWERS = 30
/** Milliseconds in which everybody has joined and heard of everybody, on a busy machine. */
const GATHERED_WITHIN = 90_000

let product: Product
let ada: Person
let ben: Session
const viewers: Session[] = []

beforeAll(async () => {
  product = await startProduct()
  const browser = await launchBrowser('chromium')
  ada = await arrive(browser, 'Ada')
  await ada.open(product.url)
  await ada.type('one\ntwo\nthree')
  await ada.fill('textbox', 'File name', 'talk.md')
  await ada.press('Enter')
  const api = createNode({ signaling: `ws://localhost:${product.port}/signal` })
  ben = await api.joinSession(await share(ada), { name: 'Ben' })
  const link = await share(ada, 'Can view')
  const counter = ada.seesWords(' people joined', GATHERED_WITHIN)
  for (let n = 1; n <= VIEWERS; n++) viewers.push(await joinPatiently(api, link, `Viewer ${n}`))
  await counter
}, 240_000)

afterAll(async () => {
  await Promise.all([ben, ...viewers].map((one) => one?.leave()))
  await closeAll()
  await stopProducts()
})

/** A person whose join fails on a busy machine presses the button again. */
async function joinPatiently(
  api: ReturnType<typeof createNode>,
  link: string,
  name: string,
): Promise<Session> {
  for (let tries = 1; ; tries++) {
    try {
      return await api.joinSession(link, { name })
    } catch (error) {
      if (tries === 4) throw error
    }
  }
}

async function picture(name: string): Promise<void> {
  const folder = join(rootOfRepository(), 'test/.artifacts/shots')
  mkdirSync(folder, { recursive: true })
  await ada.page.screenshot({ path: join(folder, `audience-${name}.png`) })
}

const rows = () =>
  ada
    .find('list', 'People')
    .then((list) =>
      list.evaluate((found) =>
        [...found.querySelectorAll('li')].map((row) =>
          [...row.querySelectorAll('span:not(.avatar):not(span span)')]
            .map((part) => part.textContent?.trim())
            .join(' '),
        ),
      ),
    )

test('the chip counts everybody, linked or not, and eight avatars and a number stand for them', async () => {
  await ada.seesStatus(`In sync with ${VIEWERS + 1}`, GATHERED_WITHIN)
  await ada.find('button', `${VIEWERS + 2 - 8} more`)
  await picture('light')
})

test('one toast at a time speaks of those who joined', async () => {
  const toasts = await ada.page.evaluate(() =>
    [...(document.querySelector('coterie-toasts')?.shadowRoot?.querySelectorAll('.toast') ?? [])].map(
      (toast) => toast.textContent?.trim() ?? '',
    ),
  )
  expect(toasts.filter((sentence) => sentence.includes(' joined')).length).toBeLessThanOrEqual(1)
})

test('People lists each with role, way, time or through whom, and place', async () => {
  const at = toBase64url(encodePosition(ben.doc.getText('main'), 5, 0))
  ben.awareness.setLocalStateField('cursor', { root: 'main', ranges: [{ anchor: at, head: at }] })
  await ada.seesCaretOf('Ben')
  await ada.click('button', `${VIEWERS + 2 - 8} more`)
  await until(
    'Ben is shown with his place',
    rows,
    (found) => found.length === VIEWERS + 2 && found.some((row) => /^Ben Can edit .*talk\.md:2$/.test(row)),
    GATHERED_WITHIN,
  )
  const found = await rows()
  const linked = found.filter((row) => /direct|relayed|connected/i.test(row))
  const through = found.filter((row) => /through others/i.test(row))
  expect(linked.length + through.length).toBe(VIEWERS + 1)
  expect(linked.length).toBeGreaterThan(0)
  expect(through.some((row) => / ms/.test(row))).toBe(false)
  await picture('people-light')
  await ada.page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'dark' }])
  await picture('people-dark')
  await ada.page.setViewport({ width: 360, height: 720 })
  await picture('people-dark-360')
  await ada.press('Escape')
  await picture('dark-360')
})

test('a key reaches every viewer, and all of it is shared', async () => {
  await ada.page.setViewport({ width: 1280, height: 800 })
  await ada.type('!')
  await until(
    'every viewer has it',
    async () => viewers.filter((one) => one.doc.getText('main').toString().endsWith('three!')).length,
    (having) => having === VIEWERS,
  )
  await ada.seesShared()
})
