/** What an owner decides about people acts at once, on every screen: roles, a pause, a removal, links taken back. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { closeAll, launchBrowser, type OpenBrowser } from './browsers.ts'
import { inPage } from './in-page.ts'
import { arrive, meet } from './meeting.ts'
import type { Person } from './person.ts'
import { type Product, startProduct, stopProducts } from './product.ts'
import { until } from './waiting.ts'

let product: Product
let browser: OpenBrowser
let ada: Person
let ben: Person
let link: string

beforeAll(async () => {
  product = await startProduct()
  browser = await launchBrowser('chromium')
})
afterAll(async () => {
  await closeAll()
  await stopProducts()
})
beforeEach(async () => {
  ada = await arrive(browser, 'Ada')
  ben = await arrive(browser, 'Ben')
  link = await meet(ada, ben, { url: product.url, text: 'hello' })
  return async () => {
    expect([...ada.errors, ...ben.errors]).toEqual([])
    await ada.leave()
    await ben.leave()
  }
})

const mayType = (person: Person, may: boolean) =>
  until(
    `${person.name} ${may ? 'can' : 'cannot'} type`,
    () => person.page.$eval('.cm-content', (text) => text.getAttribute('contenteditable')),
    (editable) => editable === String(may),
  )

async function openActions(): Promise<void> {
  await ada.click('button', 'People')
  await ada.click('button', 'Actions for Ben')
}

test('a role changes live, both are told, and the text can be written to again', async () => {
  await openActions()
  await ada.find('radiogroup', 'What Ben may do')
  await ada.click('radio', 'Can view')
  await Promise.all([ben.seesWords('You can now only view'), ada.seesWords('Ben can now only view')])
  await ben.seesWords('View only')
  await mayType(ben, false)
  await ada.click('radio', 'Can edit')
  await Promise.all([ben.seesWords('You can now edit'), ada.seesWords('Ben can now edit')])
  await mayType(ben, true)
  await ben.type(' again')
  await ada.sees('hello again')
})

test('a pause stops everybody but the owner, until editing is resumed', async () => {
  await ada.click('button', 'People')
  await ada.click('button', 'Pause editing')
  await Promise.all([ben.seesWords('Ada paused editing'), ada.seesWords('You paused editing')])
  await mayType(ben, false)
  await mayType(ada, true)
  await ada.click('button', 'Resume editing')
  await ben.seesWords('Ada resumed editing')
  await mayType(ben, true)
  await ben.type(' on')
  await ada.sees('hello on')
})

test('a removed person is locked out at once, keeps a copy, and comes back by nothing they hold', async () => {
  await openActions()
  await ada.click('button', 'Remove Ben')
  await ada.seesWords('Remove Ben? They get nothing from now on. They keep what they have read.')
  await ada.seesFocusOn('Keep')
  await ada.click('button', 'Remove')
  await ada.seesWords('You removed Ben')
  await ben.seesWords('Ada removed you at')
  await ben.find('button', 'Download')
  await mayType(ben, false)
  await ada.press('Escape')
  await ada.type(' secret')
  await ada.seesSaved()

  await ben.page.reload() // the stored session
  await ben.sees('hello')
  await ben.seesWords('Ada removed you. You keep a copy as it was then.')
  await mayType(ben, false)
  await ben.page.evaluate(inPage.insert, 0, 'forged ')
  await ben.open(link) // the link, by the same device
  await ben.seesWords('Ada removed you. You keep a copy as it was then.')
  const eve = await arrive(browser, 'Eve') // the link, by another
  await eve.open(link)
  await eve.seesWords('This link')
  await eve.find('button', 'Start a private draft')
  expect(await ada.text()).toBe('hello secret')
  expect(await ben.text()).not.toContain('secret')
  await eve.leave()
})

test('all links are taken back at once, and members stay', async () => {
  await ada.click('button', 'Share')
  await ada.click('radio', 'Can view')
  await ada.seesWords('Anyone with this link can read')
  await ada.click('button', 'Reset link')
  await ada.seesWords('No link or code so far opens anything any more.')
  await ada.find('button', 'New link')
  await ben.type('!')
  await ada.sees('hello!')
})

test('who may only view asks to edit, and the owner lets them with one click', async () => {
  await openActions()
  await ada.click('radio', 'Can view')
  await ben.click('button', 'Ask to edit')
  await Promise.all([ada.seesWords('Ben asks to edit'), ben.seesWords('Ada is asked whether you may edit')])
  await ada.click('button', 'Let Ben edit')
  await mayType(ben, true)
  await ben.seesNoWords('Take back the request')
})

test('by a link that asks first nobody comes in before they are let in', async () => {
  await ada.click('button', 'Share')
  await ada.click('checkbox', 'Ask before anybody comes in')
  const field = await ada.find('textbox', 'Invite link')
  const address = await until(
    'another link is shown',
    () => field.evaluate((input) => (input as HTMLInputElement).value),
    (url) => url !== '' && url !== link,
  )
  await ada.press('Escape')
  const cyd = await arrive(browser, 'Cyd')
  await cyd.open(address)
  await cyd.seesWords('is asked before you come in.')
  const asked = (await cyd.words()).includes('Ada is asked') ? ada : ben // whoever answered the knock first
  await cyd.click('button', 'Join')
  await cyd.seesWords(`${asked.name} has been asked.`)
  await asked.click('button', 'Let in Cyd')
  await cyd.sees('hello')
  await cyd.leave()
})

test('a session begins anew from the owner’s copy: everybody is told, keeps a version, and types on', async () => {
  await ada.click('button', 'People')
  await ada.click('button', 'Restart from my copy')
  await ada.seesFocusOn('Go on')
  await ada.click('button', 'Go on')
  await ada.click('button', 'Restart from my copy')
  await ada.click('button', 'Restart from my copy')
  await Promise.all([
    ada.seesWords('The session began anew from your copy.'),
    ben.seesWords('Ada restarted the session from their copy. What you had is kept under Versions.'),
  ])
  await ada.press('Escape')
  await ben.type(' on')
  await ada.sees('hello on')
  await ada.type(' and on')
  await ben.sees('hello on and on')
  await ben.page.reload()
  await ben.sees('hello on and on')
  await ben.click('button', 'Menu')
  await ben.click('button', 'Versions…')
  await ben.click('button', 'Before a restart')
  await ben.seesWords('This is the text as it was on this device just before.')
  await ben.press('Escape')
})

test('a session is handed over, and ended for everybody by whoever owns it then', async () => {
  await openActions()
  await ada.click('button', 'Hand over to Ben')
  await ada.seesFocusOn('Stay the owner')
  await ada.click('button', 'Hand over')
  await Promise.all([
    ben.seesWords('This session is yours now'),
    ada.seesWords('You handed this session over to Ben'),
  ])
  await ben.click('button', 'People')
  await ben.click('button', 'End for everyone')
  await ben.seesFocusOn('Go on')
  await ben.click('button', 'End for everyone')
  await Promise.all([
    ada.seesWords('Ben ended this session for everybody'),
    ben.seesWords('You ended this session for everybody'),
  ])
  await ada.press('Escape')
  await ada.type(' alone')
  await ada.seesStatus('Offline, saved on this device')
  expect(await ben.text()).toBe('hello')
})
