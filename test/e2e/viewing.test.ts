/** A view link lets somebody read and nothing else, whatever their page does. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { BROWSERS, closeAll, launchBrowser, type OpenBrowser } from './browsers.ts'
import { inPage } from './in-page.ts'
import { arrive, join, share } from './meeting.ts'
import type { Person } from './person.ts'
import { type Product, startProduct, stopProducts } from './product.ts'

/** Milliseconds for opening a link, joining and being announced; news stay on screen for a few seconds only. */
const JOINED_WITHIN = 60_000

afterAll(async () => {
  await closeAll()
  await stopProducts()
})

describe.each(BROWSERS)('in %s', (name) => {
  let browser: OpenBrowser
  let product: Product
  let ada: Person
  let ben: Person
  let eve: Person

  beforeAll(async () => {
    browser = await launchBrowser(name)
    product = await startProduct()
    ada = await arrive(browser, 'Ada')
    ben = await arrive(browser, 'Ben')
    eve = await arrive(browser, 'Eve')
    await ada.open(product.url)
    await ada.type('read me')
    const link = await share(ada, 'Can view')
    for (const viewer of [ben, eve]) {
      const joined = ada.seesWords(`${viewer.name} joined`, JOINED_WITHIN)
      await join(viewer, link)
      await joined
    }
    for (const viewer of [ben, eve]) await viewer.sees('read me')
    await ada.seesStatus('In sync with 2')
  })
  afterAll(() => browser.close())

  test('a reader sees the text and every change of it, is told what they may, and cannot type', async () => {
    expect(await ben.words()).toContain('View only')
    await ben.page.focus('.cm-content')
    await ben.typeHere('scribble')
    await ada.type(' twice')
    for (const viewer of [ben, eve]) await viewer.sees('read me twice')
    await ada.seesShared()
    expect(await ada.text()).toBe('read me twice')
  })

  test("an edit forced into a reader's document changes nobody else's text", async () => {
    const before = await ada.text()
    await ben.page.evaluate(inPage.insert, 0, 'forged ')
    await ada.type(' more')
    await eve.sees(`${before} more`)
    await ada.seesShared()
    await eve.page.reload()
    await eve.sees(`${before} more`)
    expect(await ada.text()).toBe(`${before} more`)
  })
})
