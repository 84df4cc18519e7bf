/** Two people pair on screen with no server process alive: an offer is carried there, an answer carried back. */
import { afterAll, expect, test } from 'vitest'
import { closeAll, launchBrowser } from './browsers.ts'
import { arrive } from './meeting.ts'
import type { Person } from './person.ts'
import { startProduct, stopProducts } from './product.ts'

afterAll(async () => {
  await closeAll()
  await stopProducts()
})

async function textIn(person: Person, name: string): Promise<string> {
  const field = await person.find('textbox', name)
  return field.evaluate((area) => (area as HTMLTextAreaElement).value)
}

async function openDialog(person: Person): Promise<void> {
  await person.click('button', 'Menu')
  await person.click('button', 'Connect without a server…')
}

test('an offer and its answer, pasted by hand, bring two people together', async () => {
  const product = await startProduct()
  const browser = await launchBrowser('chromium')
  const [ada, ben] = [await arrive(browser, 'Ada'), await arrive(browser, 'Ben')]
  for (const person of [ada, ben]) {
    await person.open(product.url)
    await person.readyForOffline()
  }
  await ada.type('hello')
  await product.kill()

  await openDialog(ada)
  await ada.click('button', 'Invite somebody')
  const offer = await textIn(ada, 'Your offer')
  await openDialog(ben)
  await ben.click('button', 'I was given an offer')
  await ben.fill('textbox', 'Their offer', offer.slice(0, -9))
  await ben.click('button', 'Make the answer')
  await ben.seesWords('This text is incomplete. Copy all of it.')
  await ben.fill('textbox', 'Their offer', offer)
  await ben.click('button', 'Make the answer')
  const answer = await textIn(ben, 'Your answer')
  await ben.click('button', 'I have handed it back')
  await ada.fill('textbox', 'Their answer', answer)
  await ada.click('button', 'Connect')

  await ben.seesWords('Ada invites you to')
  await ben.seesFocusOn('Join')
  await ben.press('Enter')
  await ben.sees('hello')
  await ben.type(' there')
  await ada.sees('hello there')
  expect(offer.length).toBeLessThanOrEqual(600)
})
