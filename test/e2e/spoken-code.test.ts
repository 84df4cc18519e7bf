/** Two people pair by a code that one reads aloud: a slip costs nothing, a wrong word costs the code. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { closeAll, launchBrowser, type OpenBrowser } from './browsers.ts'
import { arrive } from './meeting.ts'
import type { Person } from './person.ts'
import { type Product, startProduct, stopProducts } from './product.ts'
import { until } from './waiting.ts'

let product: Product
let chromium: OpenBrowser
let firefox: OpenBrowser
let ada: Person
let ben: Person

beforeAll(async () => {
  product = await startProduct()
  chromium = await launchBrowser('chromium')
  firefox = await launchBrowser('firefox')
})
afterAll(async () => {
  await closeAll()
  await stopProducts()
})
beforeEach(async () => {
  ada = await arrive(chromium, 'Ada')
  ben = await arrive(firefox, 'Ben')
  await ada.open(product.url)
  await ada.type('hello')
  await ada.click('button', 'Share')
  await ben.open(product.url)
  return async () => {
    expect([...ada.errors, ...ben.errors]).toEqual([])
    await ada.leave()
    await ben.leave()
  }
})

async function codeOf(person: Person): Promise<string> {
  const shown = await person.find('group', 'Spoken code')
  return shown.evaluate((element) => element.textContent?.trim() ?? '')
}

/** Ben opens the dialog and types, without pressing anything yet. */
async function benTypes(text: string): Promise<void> {
  await ben.click('button', 'Enter code')
  await ben.seesFocusOn('Code or link')
  await ben.typeHere(text)
}

test('a slip is caught while it is typed and the code stays good: case and spaces do not matter', async () => {
  const code = await codeOf(ada)
  expect(code).toMatch(/^\d+-[a-z]+-[a-z]+$/)
  await ada.find('timer', 'Time left')
  const [number = '', first = '', second = ''] = code.split('-')
  await benTypes(`${number} ${first.toUpperCase()} ${second}q`)
  await ben.press('Enter')
  await ben.seesWords('is in no code. Did you mean')
  await ben.click('button', `Use ${number} ${first.toUpperCase()} ${second}`)
  await ben.press('Enter')
  await ben.seesWords('Ada invites you to')
  await ben.seesFocusOn('Join')
  await ben.press('Enter')
  await ben.sees('hello')
  await ben.seesStatus('In sync with 1')
  await ben.type(' there')
  await ada.sees('hello there')
})

test('one wrong word burns the code, both are told, and a new code lets in', async () => {
  const code = await codeOf(ada)
  await benTypes(withOtherWord(code))
  await ben.press('Enter')
  await ben.seesWords("That code didn't match, so it is no longer valid. Ask for a new one.")
  await ada.seesWords("That code didn't match, so it is no longer valid. Make a new one.")
  expect(await ada.words()).not.toContain(code)

  await ada.click('button', 'New code')
  const next = await until(
    'there is a new code',
    () => codeOf(ada),
    (shown) => shown !== '' && shown !== code,
  )
  await ben.click('button', 'Enter another code')
  await ben.seesFocusOn('Code or link')
  await ben.typeHere(next)
  await ben.press('Enter')
  await ben.seesWords('Ada invites you to')
  await ben.seesFocusOn('Join')
  await ben.press('Enter')
  await ben.sees('hello')
})

test('a code for reading lets read, and a link goes into the same field', async () => {
  await ada.click('radio', 'Can view')
  await ada.seesWords('Anyone with this link can read')
  const code = await codeOf(ada)
  await benTypes(code)
  await ben.press('Enter')
  await ben.seesWords('you can view')
  await ben.click('button', 'Not now')
  const field = await ada.find('textbox', 'Invite link')
  const link = await field.evaluate((input) => (input as HTMLInputElement).value)
  await benTypes(link)
  await ben.press('Enter')
  await ben.seesWords('you can view')
  expect(await ben.address()).toBe(`${product.url}/`)
})

/** A word of the list that is not the one that was read. */
function withOtherWord(code: string): string {
  const [number, first, second] = code.split('-')
  return `${number}-${first}-${second === 'walrus' ? 'lantern' : 'walrus'}`
}
