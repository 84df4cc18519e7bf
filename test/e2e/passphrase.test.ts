/**
 * The passphrase of a device, as a person meets it: set, asked for, wrong, right, locked from another tab, forgotten.
 * Not here: what lies on the disk of a locked profile (attack 39).
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { BROWSERS, closeAll, launchBrowser, whenGone } from './browsers.ts'
import { lockNow, setPassphrase, unlock } from './locking.ts'
import { Person } from './person.ts'
import { type Product, startProduct, stopProducts } from './product.ts'

let product: Product
beforeAll(async () => {
  product = await startProduct()
})
afterAll(async () => {
  await closeAll()
  await stopProducts()
})

test.each(BROWSERS)(
  '%s asks for it at a reload: a wrong one is told, the right one shows the text, and locking hides it in every tab',
  async (name) => {
    const browser = await launchBrowser(name)
    const ada = new Person('Ada', browser, await browser.newPage())
    await ada.open(product.url)
    await ada.type('kept')
    await ada.seesSaved()
    const address = await ada.address()
    const first = ada.page
    const second = await ada.openTab(address)
    await ada.sees('kept') // and knows of no passphrase yet

    ada.page = first
    await setPassphrase(ada)
    await ada.page.reload()
    await ada.find('button', 'Unlock')
    expect(await ada.page.title()).toBe('Coterie')
    expect(await ada.text()).not.toContain('kept')
    await unlock(ada, 'another one')
    await ada.seesWords("That is not this device's passphrase.")
    await unlock(ada)
    await ada.sees('kept')
    expect([await ada.address(), await ada.page.title()]).toEqual([address, 'Coterie'])

    await ada.type(' and typed last')
    await lockNow(ada)
    ada.page = second
    await ada.find('button', 'Unlock')
    expect(await ada.text()).not.toContain('kept')
    await unlock(ada)
    await ada.sees('kept and typed last')
    await ada.seesSaved()

    await ada.page.reload()
    await ada.click('button', 'Forgotten?')
    await ada.seesWords('Nobody can help')
    await ada.click('button', 'Erase this device')
    await ada.click('button', 'Erase everything')
    await ada.seesStatus('Private draft')
    await whenGone(ada.page, 'button', 'Unlock')
    expect(await ada.text()).toBe('')
    expect(ada.errors).toEqual([])
    await browser.close()
  },
)
