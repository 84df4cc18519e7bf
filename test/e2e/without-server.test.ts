/** Two people pair on screen with no server process alive: an offer is carried there, an answer carried back. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { closeAll, launchBrowser } from './browsers.ts'
import { film, filmFlags } from './filming.ts'
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

test('through two cameras the same, and nothing is pasted', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'coterie-film-'))
  const [adasFilm, bensFilm] = [join(folder, 'ada.y4m'), join(folder, 'ben.y4m')]
  for (const file of [adasFilm, bensFilm]) film(file, 'nothing of ours')
  const product = await startProduct()
  const [ada, ben] = [
    await arrive(await launchBrowser('chromium', { flags: filmFlags(adasFilm) }), 'Ada'),
    await arrive(await launchBrowser('chromium', { flags: filmFlags(bensFilm) }), 'Ben'),
  ]
  for (const person of [ada, ben]) {
    await person.page.evaluateOnNewDocument(keepCameras)
    await person.open(product.url)
  }
  await ada.type('hello')

  await openDialog(ada)
  await ada.click('button', 'Invite somebody')
  const offer = await textIn(ada, 'Your offer')
  await openDialog(ben)
  await ben.click('button', 'I was given an offer')
  await ben.click('button', 'Scan with the camera')
  await ben.seesWords('This is not the text from the other screen')
  film(bensFilm, offer)
  await ben.click('button', 'Scan with the camera')
  const answer = await textIn(ben, 'Your answer')
  await ben.click('button', 'I have handed it back')
  film(adasFilm, answer)
  await ada.click('button', 'Scan with the camera')

  await ben.seesWords('Ada invites you to')
  await ben.press('Enter')
  await ben.sees('hello')
  for (const person of [ada, ben]) expect(await person.page.evaluate(camerasOn)).toBe(0)
  rmSync(folder, { recursive: true })
})

test('a camera that is refused is told, and the text can be pasted', async () => {
  const product = await startProduct()
  const flags = ['--use-fake-device-for-media-stream', '--deny-permission-prompts']
  const ben = await arrive(await launchBrowser('chromium', { flags }), 'Ben')
  await ben.open(product.url)
  await openDialog(ben)
  await ben.click('button', 'I was given an offer')
  await ben.click('button', 'Scan with the camera')
  await ben.seesWords('The camera was not allowed. Paste the text instead')
  await ben.find('textbox', 'Their offer')
})

/** Keeps what the page films with, for `camerasOn`. */
function keepCameras(): void {
  const { mediaDevices } = navigator
  const real = mediaDevices.getUserMedia.bind(mediaDevices)
  const streams: MediaStream[] = []
  Object.assign(globalThis, { filming: streams })
  mediaDevices.getUserMedia = async (wish) => {
    const stream = await real(wish)
    streams.push(stream)
    return stream
  }
}

function camerasOn(): number {
  const { filming } = globalThis as unknown as { filming: MediaStream[] }
  return filming.flatMap((stream) => stream.getTracks()).filter(({ readyState }) => readyState === 'live')
    .length
}
