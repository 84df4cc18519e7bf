/** A person names a version, goes on writing, sees what has changed since, and has the old text back. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { closeAll, launchBrowser, type OpenBrowser } from './browsers.ts'
import { arrive, meet } from './meeting.ts'
import { type Product, startProduct, stopProducts } from './product.ts'

let product: Product
let chromium: OpenBrowser
let firefox: OpenBrowser

beforeAll(async () => {
  product = await startProduct()
  chromium = await launchBrowser('chromium')
  firefox = await launchBrowser('firefox')
})
afterAll(async () => {
  await closeAll()
  await stopProducts()
})

test('a version is named, compared, and brought back on every screen; undo takes it away again', async () => {
  const [ada, ben] = [await arrive(chromium, 'Ada'), await arrive(firefox, 'Ben')]
  await meet(ada, ben, { url: product.url, text: 'hello' })
  await ben.click('button', 'Menu')
  await ben.click('button', 'Versions…')
  await ben.fill('textbox', 'Version name', 'As Ada left it')
  await ben.click('button', 'Name this version')
  await ben.seesWords('The text is the same now.')
  await ben.press('Escape')
  await ben.type(' world')
  await ada.sees('hello world')
  await ben.click('button', 'Menu')
  await ben.click('button', 'Versions…')
  await ben.click('button', 'As Ada left it')
  await ben.find('group', 'What has changed since')
  await ben.click('button', 'Restore')
  await ben.seesWords('“As Ada left it” is back. Undo takes it away again.')
  await ada.sees('hello')
  await ben.page.focus('.cm-content')
  await ben.press('Control+z')
  await ada.sees('hello world')
  expect([...ada.errors, ...ben.errors]).toEqual([])
  await ada.leave()
  await ben.leave()
})
