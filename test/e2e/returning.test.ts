/** Coming back: reload, bookmark, second tab, links pasted or opened again, the list of recent sessions. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { BROWSERS, closeAll, launchBrowser, type OpenBrowser } from './browsers.ts'
import { watch } from './honesty.ts'
import { arrive, join, meet, share } from './meeting.ts'
import type { Person } from './person.ts'
import { type Product, startProduct, stopProducts } from './product.ts'

let product: Product

beforeAll(async () => {
  product = await startProduct()
})
afterAll(async () => {
  await closeAll()
  await stopProducts()
})

describe.each(BROWSERS)('in %s', (name) => {
  let browser: OpenBrowser
  beforeAll(async () => {
    browser = await launchBrowser(name)
  })
  afterAll(() => browser.close())

  /** Somebody with a stored session of their own. */
  async function withSession(text: string): Promise<Person> {
    const ada = await arrive(browser, 'Ada')
    await ada.open(product.url)
    await ada.type(text)
    await ada.fill('textbox', 'File name', 'notes.md')
    await ada.press('Enter')
    await ada.seesSaved()
    return ada
  }

  test('a draft is kept from its first edit: a reload shows text and name, and connects to nobody', async () => {
    const ada = await withSession('kept')
    expect(await ada.address()).toMatch(/#s=[0-9a-f]{16}$/)
    await ada.page.reload()
    await ada.sees('kept')
    await ada.seesStatus('Private draft')
    expect(await ada.fileName()).toBe('notes.md')
    await ada.leave()
  })

  test('a reload keeps the session: both see each other again and edit on', async () => {
    const ada = await arrive(browser, 'Ada')
    const ben = await arrive(browser, 'Ben')
    const oracle = await watch([ada, ben])
    await meet(ada, ben, { url: product.url, text: 'one' })
    for (const person of [ada, ben]) {
      await person.seesSaved()
      await person.page.reload()
      await person.sees('one')
    }
    await ada.seesStatus('In sync with 1')
    await ben.seesStatus('In sync with 1')
    await ada.type(' two')
    await ben.sees('one two')
    await ben.type(' three')
    await ada.sees('one two three')
    expect(await oracle.verdict()).toBeGreaterThan(50)
    await ada.leave()
    await ben.leave()
  })

  test('a second tab shows the same session, and both tabs have one text and one person', async () => {
    const ada = await withSession('both')
    await share(ada)
    const first = ada.page
    await ada.openTab(await ada.address())
    await ada.sees('both')
    await ada.type(' tabs')
    const again = ada.page
    ada.page = first
    await ada.sees('both tabs')
    await ada.type('!')
    ada.page = again
    await ada.sees('both tabs!')
    expect(await ada.status()).not.toContain('In sync')
    await first.close()
    await ada.leave()
  })

  test('a bookmark of a session opens it, and of none this device has says so', async () => {
    const ada = await withSession('marked')
    const bookmark = await ada.address()
    await ada.open(`${product.url}/#s=0000000000000000`)
    await ada.page.reload()
    await ada.seesWords('This session is not on this device. Ask for a link to join it again.')
    await ada.open('about:blank')
    await ada.open(bookmark)
    await ada.sees('marked')
    await ada.leave()
  })

  test('a link pasted into the open app shows its card, and what was open is kept', async () => {
    const ada = await withSession('host')
    const ben = await withSession('my own notes')
    const link = await share(ada)
    await ben.page.evaluate((address) => {
      location.href = address
    }, link)
    await ben.click('button', 'Join')
    await ben.sees('host')
    expect(await ben.address()).not.toContain(link.slice(link.indexOf('#')))
    await ben.click('button', 'Menu')
    await ben.click('button', 'Recent sessions')
    await ben.seesWords('Draft')
    await ada.leave()
    await ben.leave()
  })

  test('an invite not yet answered survives a reload, and its secret is not in the address bar', async () => {
    const ada = await withSession('patient')
    const link = await share(ada)
    const ben = await arrive(browser, 'Ben')
    await ben.open(link)
    await ben.find('button', 'Join')
    expect(await ben.address()).toBe(`${product.url}/`)
    await ben.page.reload()
    await ben.click('button', 'Join')
    await ben.sees('patient')
    await ada.leave()
    await ben.leave()
  })

  test('who opens their own link again lands in the session, owner and guest alike', async () => {
    const ada = await arrive(browser, 'Ada')
    const ben = await arrive(browser, 'Ben')
    const link = await meet(ada, ben, { url: product.url, text: 'ours' })
    for (const person of [ada, ben]) {
      await person.seesSaved()
      await person.open('about:blank')
      await person.open(link)
      await person.sees('ours')
      expect(await person.address()).toMatch(/#s=[0-9a-f]{16}$/)
    }
    await ada.leave()
    await ben.leave()
  })

  test('the list of recent sessions opens one and erases one after a question', async () => {
    const ada = await withSession('first text')
    await ada.click('button', 'Menu')
    await ada.click('button', 'New draft')
    await ada.sees('')
    await ada.type('second text')
    await ada.seesSaved()
    await ada.click('button', 'Menu')
    await ada.click('button', 'Recent sessions')
    await ada.click('button', 'Open notes.md')
    await ada.sees('first text')
    await ada.click('button', 'Menu')
    await ada.click('button', 'Recent sessions')
    await ada.click('button', 'Erase untitled')
    await ada.seesWords('Erase “untitled” from this device?')
    await ada.click('button', 'Erase')
    await ada.seesNoWords('untitled')
    await ada.find('button', 'Open notes.md')
    await ada.leave()
  })

  test('undo starts empty after a reload', async () => {
    const ada = await withSession('not to be undone')
    await ada.page.reload()
    await ada.sees('not to be undone')
    await ada.page.waitForSelector('.cm-content[contenteditable="true"]')
    await ada.page.focus('.cm-content')
    await ada.press('Control+z')
    await ada.type('!')
    await ada.sees('not to be undone!')
    await ada.press('Control+z')
    await ada.sees('not to be undone')
    await ada.leave()
  })

  test('a guest who joined and comes back alone finds the text', async () => {
    const ada = await arrive(browser, 'Ada')
    const ben = await arrive(browser, 'Ben')
    const oracle = await watch([ada, ben])
    await ada.open(product.url)
    await ada.type('for keeps')
    await join(ben, await share(ada))
    await ben.sees('for keeps')
    await ben.seesSaved()
    await ada.leave()
    await ben.page.reload()
    await ben.sees('for keeps')
    await ben.type(' indeed')
    await ben.sees('for keeps indeed')
    await ben.seesStatus('Only you have these changes')
    expect(await oracle.verdict()).toBeGreaterThan(50)
    await ben.leave()
  })
})
