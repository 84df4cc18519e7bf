/**
 * A thief who takes the whole profile of a browser: searches every file of it for what was written, and opens it in a
 * browser of his own. Played in Chromium against the built page, with somebody else in the session over real WebRTC.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSignalingServer } from '../../signaling/index.ts'
import { createNode } from '../../src/node.ts'
import { hasRole, launchBrowser, rootOfRepository } from '../e2e/browsers.ts'
import { imageOf, lockNow, PASSPHRASE, setPassphrase } from '../e2e/locking.ts'
import { share } from '../e2e/meeting.ts'
import { Person } from '../e2e/person.ts'
import { until } from '../e2e/waiting.ts'
import { leaksIn } from '../e2e/wiretap.ts'
import type { Attack, Stage } from './stage.ts'

const TITLE = 'canary-title-quetzal.txt'
const ADA = 'Canary Adalbertine'
const BEN = 'Canary Benedikta'
const TEXT = 'canary text plumage'
const PLANTED = 'canary-planted-quetzal'

const stolenProfile: Attack = {
  number: 39,
  name: 'the profile on disk searched for text, title and names, and opened elsewhere',
  guard: 'the passphrase',
  transports: ['webrtc'],
  async play(stage) {
    const profile = mkdtempSync(join(tmpdir(), 'coterie-profile-'))
    stage.atEnd(() => rmSync(profile, { recursive: true, force: true, maxRetries: 5 }))
    const webFolder = join(rootOfRepository(), 'dist/web')
    const server = await createSignalingServer({ port: 0, webFolder }).listen()
    stage.atEnd(() => server.close())
    const address = await write(stage, profile, server.port)
    const image = imageOf(profile)
    stage.expect(leaksIn(image, [PLANTED]).length > 0, 'the search does not find what was planted')
    for (const leak of leaksIn(image, [TEXT, TITLE, ADA, BEN, PASSPHRASE])) stage.damage(`on disk: ${leak}`)
    await steal(stage, profile, address)
  },
}

/** Ada sets a passphrase before anything else, writes, shares with Ben, and locks. @returns where her session is */
async function write(stage: Stage, profile: string, port: number): Promise<string> {
  const browser = await launchBrowser('chromium', { profile })
  stage.atEnd(() => browser.close())
  const ada = new Person(ADA, browser, await browser.newPage())
  await ada.open(`http://localhost:${port}`)
  if (stage.guard === 'on') await setPassphrase(ada)
  await ada.type(TEXT)
  await ada.fill('textbox', 'File name', TITLE)
  await ada.press('Enter')
  const link = await share(ada)
  await ada.click('button', 'People')
  await ada.fill('textbox', 'Your name', ADA)
  await ada.press('Enter')
  await ada.press('Escape')
  const ben = await createNode({ signaling: `ws://localhost:${port}/signal` }).joinSession(link, {
    name: BEN,
  })
  stage.atEnd(() => ben.leave())
  await ada.seesWords(BEN)
  await ada.seesSaved()
  const address = await ada.address()
  if (stage.guard === 'on') await lockNow(ada)
  await ada.page.evaluate((planted) => localStorage.setItem('planted', planted), PLANTED)
  await browser.close()
  return address
}

/** The thief has the profile in a browser of his own. */
async function steal(stage: Stage, profile: string, address: string): Promise<void> {
  const browser = await launchBrowser('chromium', { profile })
  stage.atEnd(() => browser.close())
  const thief = new Person('the thief', browser, await browser.newPage())
  await thief.open(address)
  const seen = async () => ({
    text: (await thief.text()).includes(TEXT),
    lock: await hasRole(thief.page, 'button', 'Unlock'),
  })
  await until('the thief sees the text or the lock', seen, ({ text, lock }) => text || lock, 20_000)
  stage.expect(!(await seen()).text, 'the thief reads the text')
  await browser.close()
}

export const LOCKED_PROFILE_ATTACKS: readonly Attack[] = [stolenProfile]
