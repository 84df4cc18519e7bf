/**
 * Journey A: two people, ten seconds, no account, in all four pairings of the browsers. What is expected of the
 * step stands beside the step.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { BROWSERS, type BrowserName, closeAll, launchBrowser, type OpenBrowser } from './browsers.ts'
import { watch } from './honesty.ts'
import { arrive } from './meeting.ts'
import type { Person } from './person.ts'
import { type Product, startProduct, stopProducts } from './product.ts'

/** Milliseconds within which a closed tab is noticed. */
const GONE_WITHIN = 2_000
/** Milliseconds for opening a link, joining and being announced; news stay on screen for a few seconds only. */
const JOINED_WITHIN = 60_000

let product: Product
const browsers = new Map<BrowserName, OpenBrowser>()

beforeAll(async () => {
  product = await startProduct()
  for (const name of BROWSERS) browsers.set(name, await launchBrowser(name))
})
afterAll(async () => {
  await closeAll()
  await stopProducts()
})

const pairings = BROWSERS.flatMap((first) => BROWSERS.map((second) => [first, second] as const))

test.each(pairings)(
  'Ada in %s shares, Ben in %s joins with Enter, both edit, and Ada leaves',
  async (first, second) => {
    const ada = await arrive(browserOf(first), 'Ada')
    const ben = await arrive(browserOf(second), 'Ben')
    const oracle = await watch([ada, ben])

    const link = await adaShares(ada)
    const joined = ada.seesWords('Ben joined, can edit', JOINED_WITHIN)
    await benJoins(ben, link)
    await joined
    await bothEdit(ada, ben)

    await ada.leave()
    await ben.seesWords('Ada left. You keep a copy.', GONE_WITHIN)
    await ben.sees('let x = 1 // Ben\n// Ada')
    expect([...ada.errors, ...ben.errors]).toEqual([])
    expect(await oracle.verdict()).toBeGreaterThan(20)
    await ben.leave()
  },
)

async function adaShares(ada: Person): Promise<string> {
  await ada.open(product.url)
  expect(await ada.page.title()).toBe('Private draft, only on this device')
  expect(await ada.focused()).toBe('Text')
  await ada.typeHere('let x = 1')
  await ada.fill('textbox', 'File name', 'kata.ts')
  await ada.press('Enter')

  await ada.click('button', 'Share')
  const field = await ada.find('textbox', 'Invite link')
  await ada.seesWords('Link copied')
  await ada.seesWords("The first person to open this link can edit. The server can't read it.")
  await ada.seesStatus('Waiting for someone to join')
  await ada.find('radiogroup', 'Link allows')
  await ada.find('image', 'QR code of the invite link')
  const link = await field.evaluate((input) => (input as HTMLInputElement).value)
  await ada.press('Escape')
  expect(await pasted(ada)).toBe(link)
  return link
}

async function benJoins(ben: Person, link: string): Promise<void> {
  await ben.open(link)
  await ben.find('button', 'Join')
  await ben.seesWords('Ada invites you to kata.ts you can edit')
  expect(await ben.address()).toBe(`${product.url}/`)
  expect(await ben.focused()).toBe('Join')
  await ben.press('Enter')
  await ben.sees('let x = 1')
}

async function bothEdit(ada: Person, ben: Person): Promise<void> {
  await ada.seesStatus('In sync with 1')
  await ben.seesStatus('In sync with 1')
  await ben.find('button', 'Following Ada, Esc to stop')
  await ben.type(' // Ben')
  await ada.sees('let x = 1 // Ben')
  await ada.seesCaretOf('Ben')
  await ada.type('\n// Ada')
  await ben.sees('let x = 1 // Ben\n// Ada')
  await ben.seesCaretOf('Ada')
  await ada.seesShared()
  await ben.seesShared()
  expect(await ada.status()).toBe('In sync with 1')
}

/** What the clipboard holds, found by pasting it into an empty page of the same profile. */
async function pasted(person: Person): Promise<string> {
  const page = await person.browser.newPage(person.page)
  await page.goto(`${product.url}/health`)
  await page.evaluate(() => document.body.replaceChildren(document.createElement('textarea')))
  await page.focus('textarea')
  await page.keyboard.down('Control')
  await page.keyboard.press('v', { commands: ['Paste'] })
  await page.keyboard.up('Control')
  await page.waitForFunction(() => document.querySelector('textarea')?.value !== '')
  const text = await page.$eval('textarea', (field) => field.value)
  await page.close()
  await person.page.bringToFront()
  return text
}

function browserOf(name: BrowserName): OpenBrowser {
  const browser = browsers.get(name)
  if (!browser) throw new Error(`${name} was not launched`)
  return browser
}
