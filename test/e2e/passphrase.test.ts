/**
 * The passphrase of a device, as a person meets it: set, asked for, wrong, right, locked from another tab, forgotten.
 * And the disk image of a locked profile: everything a browser kept is searched for what was written there.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join as joinPath } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { closeAll, launchBrowser, whenGone } from './browsers.ts'
import { join, share } from './meeting.ts'
import { Person } from './person.ts'
import { type Product, startProduct, stopProducts } from './product.ts'
import { leaksIn } from './wiretap.ts'

const PASSPHRASE = 'quetzal plumage 7'
const TITLE = 'canary-title-quetzal.txt'
const ADA = 'Canary Adalbertine'
const BEN = 'Canary Benedikta'
const TEXT = 'canary text plumage'

let product: Product
beforeAll(async () => {
  product = await startProduct()
})
afterAll(async () => {
  await closeAll()
  await stopProducts()
})

async function setPassphrase(person: Person): Promise<void> {
  await person.click('button', 'Menu')
  await person.click('button', 'Passphrase…')
  await person.seesFocusOn('New passphrase')
  await person.typeHere(PASSPHRASE)
  await person.press('Tab')
  await person.typeHere(PASSPHRASE)
  await person.press('Enter')
  await person.find('button', 'Lock now')
  await person.press('Escape')
}

async function unlock(person: Person, passphrase: string): Promise<void> {
  await person.find('button', 'Unlock')
  await person.seesFocusOn('Passphrase')
  await person.typeHere(passphrase)
  await person.press('Enter')
}

test('a reload asks for it: a wrong one is told, the right one shows the text, and locking hides it in every tab', async () => {
  const browser = await launchBrowser('chromium')
  const ada = new Person('Ada', browser, await browser.newPage())
  await ada.open(product.url)
  await ada.type('kept')
  await ada.seesSaved()
  await setPassphrase(ada)
  const address = await ada.address()
  await ada.page.reload()
  await ada.find('button', 'Unlock')
  expect(await ada.page.title()).toBe('Coterie')
  expect(await ada.text()).not.toContain('kept')
  await unlock(ada, 'another one')
  await ada.seesWords("That is not this device's passphrase.")
  await unlock(ada, PASSPHRASE)
  await ada.sees('kept')
  expect([await ada.address(), await ada.page.title()]).toEqual([address, 'Coterie'])

  const first = ada.page
  await ada.openTab(address)
  await unlock(ada, PASSPHRASE)
  await ada.sees('kept')
  await ada.type(' and typed last')
  await ada.click('button', 'Menu')
  await ada.click('button', 'Passphrase…')
  await ada.click('button', 'Lock now')
  await ada.find('button', 'Unlock')
  ada.page = first
  await ada.find('button', 'Unlock')
  await unlock(ada, PASSPHRASE)
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
})

test('the disk image of a locked profile holds no text, no title and no name, and a planted one is found', async () => {
  const profile = mkdtempSync(joinPath(tmpdir(), 'coterie-profile-'))
  try {
    const browser = await launchBrowser('chromium', { profile })
    const ada = new Person(ADA, browser, await browser.newPage())
    await ada.open(product.url)
    await setPassphrase(ada) // first, so that nothing is there before it
    const others = await launchBrowser('chromium')
    const ben = new Person(BEN, others, await others.newPage())
    await ada.type(`${TEXT}\n`)
    await ada.fill('textbox', 'File name', TITLE)
    await ada.press('Enter')
    await ben.page.evaluateOnNewDocument(
      (settings) => localStorage.setItem('coterie.settings', settings),
      JSON.stringify({ name: BEN }),
    )
    const link = await share(ada)
    await ada.click('button', 'People')
    await ada.fill('textbox', 'Your name', ADA)
    await ada.press('Enter')
    await ada.press('Escape')
    await join(ben, link)
    await ben.seesWords(ADA)
    await ada.seesWords(BEN)
    await ada.seesShared()
    await ada.seesSaved()
    await ada.click('button', 'Menu')
    await ada.click('button', 'Passphrase…')
    await ada.click('button', 'Lock now')
    await ada.find('button', 'Unlock')
    await others.close()
    await ada.page.evaluate(() => localStorage.setItem('planted', 'canary-planted-quetzal'))
    await browser.close()
    const disk = imageOf(profile)
    expect(disk.length).toBeGreaterThan(100_000)
    expect(leaksIn(disk, ['canary-planted-quetzal'])).not.toEqual([])
    expect(leaksIn(disk, [TEXT, TITLE, ADA, BEN, PASSPHRASE])).toEqual([])
  } finally {
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 })
  }
})

/** Every file under the folder, one after the other. */
function imageOf(folder: string): Buffer {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  )
  return Buffer.concat(files.map((entry) => readFileSync(joinPath(entry.parentPath, entry.name))))
}
