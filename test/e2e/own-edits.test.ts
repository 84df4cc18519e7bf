/** What one person is in the middle of survives what another does: compositions, emoji, undo. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { BROWSERS, closeAll, launchBrowser, type OpenBrowser } from './browsers.ts'
import { arrive, meet } from './meeting.ts'
import type { Person } from './person.ts'
import { type Product, startProduct, stopProducts } from './product.ts'
import { until } from './waiting.ts'

afterAll(async () => {
  await closeAll()
  await stopProducts()
})

describe.each(BROWSERS)('in %s', (name) => {
  let browser: OpenBrowser
  let product: Product

  beforeAll(async () => {
    product = await startProduct()
    browser = await launchBrowser(name)
  })
  afterAll(() => browser.close())

  test('emoji of several code points are whole on both sides, typed into each other', async () => {
    const ada = await arrive(browser, 'Ada')
    const ben = await arrive(browser, 'Ben')
    await meet(ada, ben, { url: product.url, text: 'top\nend' })
    await ada.type(' 👩‍👩‍👧‍👦')
    await ben.sees('top\nend 👩‍👩‍👧‍👦')
    await ben.type('🇩🇪e\u0301')
    await ada.sees('top\nend 👩‍👩‍👧‍👦🇩🇪e\u0301')
    await ada.type('👍🏽')
    await ben.sees('top\nend 👩‍👩‍👧‍👦🇩🇪e\u0301👍🏽')
    await ada.press('Backspace')
    await ben.sees(await ada.text())
    expect(await ada.text()).not.toMatch(/\p{Surrogate}/u)
    expect(await ada.text()).toMatch(/^top\nend 👩‍👩‍👧‍👦🇩🇪e\u0301/)
    await ada.leave()
    await ben.leave()
  })

  test('undo takes back only what I wrote, and redo brings it back', async () => {
    const ada = await arrive(browser, 'Ada')
    const ben = await arrive(browser, 'Ben')
    await meet(ada, ben, { url: product.url, text: 'top\nend' })
    const before = await ada.text()
    await ada.type('MINE')
    await ben.seesPart('MINE')
    await ben.page.focus('.cm-content')
    await ben.press('Control+Home')
    await ben.typeHere('THEIRS ')
    await ada.sees(`THEIRS ${before}MINE`)
    await pressUntil(ada, 'Control+z', `THEIRS ${before}`)
    await ben.sees(`THEIRS ${before}`)
    await pressUntil(ada, 'Control+y', `THEIRS ${before}MINE`)
    await ben.sees(`THEIRS ${before}MINE`)
    await pressUntil(ben, 'Control+z', `${before}MINE`)
    await ada.sees(`${before}MINE`)
    await ada.leave()
    await ben.leave()
  })
})

/** What was typed with a pause in it is taken back in as many steps, each of which changes the text. */
async function pressUntil(person: Person, combination: string, text: string): Promise<void> {
  for (let last = await person.text(); last !== text; last = await person.text()) {
    await person.press(combination)
    const seen = last
    await until(
      `${person.name} waited for what ${combination} does`,
      () => person.text(),
      (shown) => shown !== seen,
    )
  }
}

/** Only Chromium lets a test compose as an input method does. */
test('in chromium a composition goes on while another edits, and its end is on both sides', async () => {
  const product = await startProduct()
  const browser = await launchBrowser('chromium')
  const ada = await arrive(browser, 'Ada')
  const ben = await arrive(browser, 'Ben')
  await meet(ada, ben, { url: product.url, text: 'top\nend' })
  const keyboard = await ada.page.createCDPSession()
  await ada.type(' ')
  await keyboard.send('Input.imeSetComposition', { text: 'に', selectionStart: 1, selectionEnd: 1 })
  await ben.page.focus('.cm-content')
  await ben.press('Control+Home')
  await ben.typeHere('while ')
  await ada.seesPart('while ')
  await keyboard.send('Input.imeSetComposition', { text: 'にほん', selectionStart: 3, selectionEnd: 3 })
  await ben.typeHere('composing ')
  await ada.seesPart('while composing ')
  await keyboard.send('Input.insertText', { text: '日本' })
  for (const person of [ada, ben]) await person.sees('while composing top\nend 日本')
  await browser.close()
})
