/** What two people keep when the server goes away, when they both go offline, and when everybody comes back. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { BROWSERS, closeAll, launchBrowser, type OpenBrowser } from './browsers.ts'
import { type Oracle, watch } from './honesty.ts'
import { arrive, meet } from './meeting.ts'
import type { Person } from './person.ts'
import { type Product, startProduct, stopProducts } from './product.ts'

/** Milliseconds: a page that could not reach the server tries again by itself after at most 30 s. */
const COMES_BACK_WITHIN = 45_000

afterAll(async () => {
  await closeAll()
  await stopProducts()
})

describe.each(BROWSERS)('in %s', (name) => {
  let browser: OpenBrowser
  let product: Product
  let ada: Person
  let ben: Person
  let oracle: Oracle

  beforeAll(async () => {
    browser = await launchBrowser(name)
    product = await startProduct()
    ada = await arrive(browser, 'Ada')
    ben = await arrive(browser, 'Ben')
    oracle = await watch([ada, ben])
    await meet(ada, ben, { url: product.url, text: 'together' })
    for (const person of [ada, ben]) await person.readyForOffline()
  })
  afterAll(() => browser.close())

  test('people who are linked edit on when the server is killed', async () => {
    await product.kill()
    await ada.seesWords(`Can't reach localhost:${product.port}. People already connected stay connected.`)
    await ada.type('\nada on')
    await ben.sees('together\nada on')
    await ben.type('\nben on')
    await ada.sees('together\nada on\nben on')
    expect(await ada.status()).toBe('In sync with 1')
    await product.restart()
  })

  test('what both wrote offline is on both when the server is back, and nothing is lost', async () => {
    await ada.type('\nand now')
    const before = await ada.text()
    await ben.sees(before)
    for (const person of [ada, ben]) await person.seesSaved()
    await product.kill()

    await ada.page.reload()
    await ben.page.reload()
    for (const person of [ada, ben]) {
      await person.sees(before)
      await person.seesStatus('Offline, saved on this device')
    }
    await ada.type('\nada offline')
    await ben.type('\nben offline')
    for (const person of [ada, ben]) await person.seesSaved()
    await ada.page.reload()
    await ben.page.reload()
    await ada.sees(`${before}\nada offline`)
    await ben.sees(`${before}\nben offline`)

    await product.restart()
    await ada.seesPart('ben offline', COMES_BACK_WITHIN)
    await ben.seesPart('ada offline', COMES_BACK_WITHIN)
    await ada.seesStatus('In sync with 1')
    const merged = await ada.text()
    expect(await ben.text()).toBe(merged)
    expect(merged.split('\n').sort()).toEqual([...before.split('\n'), 'ada offline', 'ben offline'].sort())
  })

  test('a cold start without a network shows the text, ready to edit', async () => {
    await ada.seesSaved()
    const before = await ada.text()
    const address = await ada.address()
    await product.kill()
    const closed = ada.page
    await ada.openTab(address)
    await closed.close()
    await ada.sees(before)
    await ada.type(' still')
    await ada.sees(`${before} still`)
    await ada.seesSaved()
  })

  test('through all of it no status said what was not so', async () => {
    expect(await oracle.verdict()).toBeGreaterThan(100)
  })
})
