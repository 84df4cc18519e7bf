/** Two people compare aloud: the pictures come up on both screens, are the same, and whoever matched is verified. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { closeAll, launchBrowser } from './browsers.ts'
import { arrive, meet } from './meeting.ts'
import type { Person } from './person.ts'
import { type Product, startProduct, stopProducts } from './product.ts'
import { until } from './waiting.ts'

let product: Product
beforeAll(async () => {
  product = await startProduct()
})
afterAll(async () => {
  await closeAll()
  await stopProducts()
})

/** The names under the pictures, in their order. */
async function pictures(person: Person): Promise<string[]> {
  const list = await person.find('list', 'Seven pictures')
  return list.$$eval('li > :last-child', (names) => names.map((name) => name.textContent ?? ''))
}

test('both read the same seven pictures, and each sees the other as verified after saying that they match', async () => {
  const [chromium, firefox] = [await launchBrowser('chromium'), await launchBrowser('firefox')]
  const [ada, ben] = [await arrive(firefox, 'Ada'), await arrive(chromium, 'Ben')]
  await meet(ada, ben, { url: product.url, text: 'secret plans' })
  await ben.click('button', 'People')
  await ben.click('button', 'Actions for Ada')
  await ben.click('button', 'Compare aloud with Ada')
  await ada.seesWords('Ben wants to compare aloud with you')
  const asked = Date.now()
  await until(
    'Ada was elsewhere for longer than news stay',
    async () => Date.now() - asked,
    (gone) => gone > 6_500,
  )
  await ada.click('button', 'Compare aloud')
  const [adas, bens] = [await pictures(ada), await pictures(ben)]
  expect(bens).toHaveLength(7)
  expect(adas).toEqual(bens)
  for (const person of [ada, ben]) {
    await person.click('button', 'They match')
    await person.seesWords('Nobody stands between you')
    await person.click('button', 'Done')
  }
  await ada.click('button', 'People')
  await ada.seesWords('verified')
  expect([...ada.errors, ...ben.errors]).toEqual([])
  await Promise.all([chromium.close(), firefox.close()])
})
