/** A link that does not open says why, in words, on one card; whoever made it loses nothing. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Crypto } from '../../src/crypto/crypto.ts'
import { loadCrypto } from '../../src/crypto/sodium.ts'
import { decodeInviteLink, encodeInviteLink, type InviteLink } from '../../src/wire/invite-link.ts'
import { closeAll, launchBrowser, type OpenBrowser } from './browsers.ts'
import { inPage } from './in-page.ts'
import { arrive, join, share } from './meeting.ts'
import type { Person } from './person.ts'
import { type Product, startProduct, stopProducts } from './product.ts'

/** Milliseconds: a link that nobody answers is waited on for 20 s. */
const GIVES_UP_WITHIN = 40_000

let crypto: Crypto
let product: Product
let browser: OpenBrowser
let ada: Person

beforeAll(async () => {
  crypto = await loadCrypto()
  product = await startProduct()
  browser = await launchBrowser('chromium')
  ada = await arrive(browser, 'Ada')
  await ada.open(product.url)
  await ada.type('precious')
  await share(ada)
})
afterAll(async () => {
  await closeAll()
  await stopProducts()
})

async function opens(link: string): Promise<Person> {
  const person = await arrive(browser, 'Carl')
  await person.open(link)
  return person
}

function parts(link: string): InviteLink {
  const read = decodeInviteLink(crypto, link.slice(link.indexOf('#') + 1))
  if (read === undefined || read === 'other-version') throw new Error('the test made a link nobody can read')
  return read
}

/** A fresh edit link that nobody has used. */
function freshLink(): Promise<string> {
  return ada.page.evaluate(inPage.invite, { role: 'editor' } as const)
}

test('a link that is cut short is incomplete', async () => {
  const carl = await opens((await freshLink()).slice(0, -9))
  await carl.seesWords('This link is incomplete.')
  await carl.find('button', 'Start a private draft')
  await carl.leave()
})

test('a link with one letter changed is incomplete', async () => {
  const link = await freshLink()
  const at = link.length - 20
  const carl = await opens(`${link.slice(0, at)}${link[at] === 'A' ? 'B' : 'A'}${link.slice(at + 1)}`)
  await carl.seesWords('This link is incomplete.')
  await carl.leave()
})

test('a link that has expired says so and whom to ask', async () => {
  const carl = await opens(await ada.page.evaluate(inPage.invite, { role: 'editor', expiresIn: 1 } as const))
  await carl.seesWords('This link has expired. Ask Ada for a new one.', GIVES_UP_WITHIN)
  await carl.leave()
})

test('an edit link that was used says so and whom to ask', async () => {
  const link = await freshLink()
  const ben = await arrive(browser, 'Ben')
  await join(ben, link)
  await ben.sees('precious')
  const carl = await opens(link)
  await carl.seesWords(
    'This link was for one person and has been used. Ask Ada for a new one.',
    GIVES_UP_WITHIN,
  )
  await carl.leave()
  await ben.leave()
})

test('a link that was taken back says so and whom to ask', async () => {
  const link = await freshLink()
  await ada.page.evaluate(inPage.revokeAll)
  const carl = await opens(link)
  await carl.seesWords('This link is no longer valid. Ask Ada for a new one.', GIVES_UP_WITHIN)
  await carl.leave()
})

test('a link that names another session than the one that answers does not match', async () => {
  const link = await freshLink()
  const other = await arrive(browser, 'Olga')
  await other.open(product.url)
  await other.type('elsewhere')
  const foreign = { ...parts(link), session: parts(await share(other)).session }
  const carl = await opens(`${product.url}/#${encodeInviteLink(crypto, foreign)}`)
  await carl.seesWords("This link doesn't match the session. Ask for a fresh link.", GIVES_UP_WITHIN)
  await carl.leave()
  await other.leave()
})

test('a link whose session has nobody online says so and can be tried again', async () => {
  const other = await arrive(browser, 'Olga')
  await other.open(product.url)
  await other.type('elsewhere')
  const link = await share(other)
  await other.leave()
  const carl = await opens(link)
  await carl.seesWords('Nobody in this session is online right now.', GIVES_UP_WITHIN)
  await carl.find('button', 'Retry')
  await carl.leave()
})

test('a link opened while the server is down says so and opens by itself when tried again', async () => {
  const carl = await opens(product.url)
  await carl.readyForOffline()
  const link = await freshLink()
  await product.kill()
  await carl.open('about:blank')
  await carl.open(link)
  await carl.seesWords(`Can't reach localhost:${product.port}.`)
  await product.restart()
  await ada.seesNoWords("Can't reach", GIVES_UP_WITHIN)
  await carl.click('button', 'Retry')
  await carl.click('button', 'Join')
  await carl.sees('precious')
  await carl.leave()
})

test('after all of this the text of the person who made the links is whole', async () => {
  expect(await ada.text()).toBe('precious')
  expect(ada.errors.filter((error) => !error.includes('WebSocket'))).toEqual([])
})
