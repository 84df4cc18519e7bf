/**
 * Attacks on what stands on the screen: script, markup and CSS wherever a peer's words are shown. Played from Node,
 * over real WebRTC, against the built page in Chromium.
 */
import { join } from 'node:path'
import type { Page } from 'puppeteer-core'
import { createSignalingServer } from '../../signaling/index.ts'
import { createNode } from '../../src/node.ts'
import type { Session } from '../../src/session/public.ts'
import { getByRole, getByText, launchBrowser, rootOfRepository } from '../e2e/browsers.ts'
import { comesTrue } from './ground.ts'
import type { Attack, Stage } from './stage.ts'

/** Each would set `pwned`, or be reported by the page's policy, if it were anything but text. */
const CANARIES = {
  name: '<img src=x onerror="pwned=1">Ada',
  title: '"><script>pwned=1</script>',
  text: '<svg onload="pwned=1"></svg><style>*{display:none}</style><a href="javascript:pwned=1">x</a>',
  css: 'red;background:url(//evil.example/x)',
}

/** Runs in the page before anything else: listens for what the policy stops. */
function watchPolicy(): void {
  const reports: string[] = []
  Object.assign(globalThis, { policyReports: reports })
  document.addEventListener('securitypolicyviolation', (event) => {
    reports.push(`${event.violatedDirective} ${event.blockedURI}`)
  })
}

declare global {
  var policyReports: string[] | undefined
  var pwned: unknown
}

const hostileWords: Attack = {
  number: 44,
  name: 'script, markup and CSS in text, title and names',
  guard: 'words shown as text',
  transports: ['webrtc'],
  async play(stage) {
    const browser = await launchBrowser('chromium')
    stage.atEnd(() => browser.close())
    const webFolder = join(rootOfRepository(), 'dist/web')
    const server = await createSignalingServer({ port: 0, webFolder }).listen()
    stage.atEnd(() => server.close())
    const signaling = `ws://localhost:${server.port}/signal`
    const ada = await createNode({ signaling }).createSession({ name: CANARIES.name, title: CANARIES.title })
    stage.atEnd(() => ada.leave())
    ada.doc.getText('main').insert(0, CANARIES.text)
    const { url } = await ada.invite({ role: 'editor' })
    const page = await browser.newPage()
    page.on('dialog', (dialog) => {
      stage.damage(`a dialog says ${dialog.message()}`)
      dialog.dismiss().catch((error: unknown) => stage.damage(String(error)))
    })
    await page.evaluateOnNewDocument(watchPolicy)
    await page.goto(url)
    const button = await getByRole(page, 'button', 'Join')
    await button.click()
    await getByText(page, 'javascript:pwned=1')
    await showMore(page, ada)
    if (stage.guard === 'off') await page.evaluate(showAsMarkup, Object.values(CANARIES).join(' '))
    await expectInert(stage, page)
  },
}

/** Carets and toasts with the name, the list of people, an edit by the hostile name. */
async function showMore(page: Page, ada: Session): Promise<void> {
  ada.setProfile({ name: `</style>${CANARIES.css}` })
  ada.doc.getText('main').insert(0, CANARIES.css)
  await getByText(page, 'evil.example')
  await comesTrue(() => ada.peers.length === 1)
}

/** What a page does that trusts words. */
function showAsMarkup(words: string): void {
  const shown = document.createElement('div')
  shown.innerHTML = words
  document.body.append(shown)
}

async function expectInert(stage: Stage, page: Page): Promise<void> {
  // what is loaded or run late has its turn
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 50))))
  const { pwned, reports } = await page.evaluate(() => ({
    pwned: globalThis.pwned ?? null,
    reports: globalThis.policyReports ?? ['nobody watched the policy'],
  }))
  stage.expect(pwned === null, 'a word was run as script')
  stage.expect(reports.length === 0, `the policy reports ${reports.join(', ')}`)
}

export const PAGE_ATTACKS: readonly Attack[] = [hostileWords]
