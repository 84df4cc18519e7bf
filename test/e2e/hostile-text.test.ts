/** Script, markup and CSS in texts, titles and names stay text: nothing runs, and the page's policy is never broken. */
import { afterAll, expect, test } from 'vitest'
import { BROWSERS, closeAll, launchBrowser } from './browsers.ts'
import { arrive, join, share } from './meeting.ts'
import type { Person } from './person.ts'
import { startProduct, stopProducts } from './product.ts'

const RUN = 'globalThis.pwned=1'
const NAMES = [`<img src=x onerror=${RUN}>`, `"><script>${RUN}</script>`, `red;background:url(//x)`]
const TITLE = `<svg onload=${RUN}>';}</style>.html`
const TEXT = [
  `<script>${RUN}</script>`,
  `<img src=x onerror="${RUN}">`,
  `javascript:${RUN}`,
  '</style><style>body{display:none}',
  '{{constructor.constructor("pwned=1")()}}',
  '\u202egnp.exe \u2066x\u2069 \u0000 &lt;b&gt;',
].join('\n')

declare global {
  var pwned: unknown
  var reports: string[] | undefined
}

afterAll(async () => {
  await closeAll()
  await stopProducts()
})

test.each(BROWSERS)('in %s nothing in a text, a title or a name runs or breaks the policy', async (name) => {
  const product = await startProduct()
  const browser = await launchBrowser(name)
  const people: Person[] = []
  for (const each of NAMES) {
    const person = await arrive(browser, each)
    await person.page.evaluateOnNewDocument(collectReports)
    people.push(person)
  }
  const [ada, ben, eve] = people as [Person, Person, Person]
  await ada.open(product.url)
  await ada.page.evaluate(pasteText, TEXT)
  await ada.fill('textbox', 'File name', TITLE)
  await ada.press('Enter')
  await join(ben, await share(ada))
  await join(eve, await share(ada, 'Can view'))
  const shown = await ada.text()
  for (const person of [ben, eve]) await person.sees(shown)
  await ben.type(TEXT.split('\n')[0] ?? '')
  await ada.seesCaretOf(String(NAMES[1]))
  for (const person of people) {
    await person.click('button', 'People')
    for (const each of NAMES) await person.seesWords(each.trim())
    await person.press('Escape')
  }
  await ada.click('button', 'Menu')
  await ada.click('button', 'Recent sessions')
  await ada.find('button', `Open ${TITLE}`)
  for (const person of people) {
    expect(await person.page.evaluate(() => globalThis.pwned)).toBeUndefined()
    expect(await person.page.evaluate(() => globalThis.reports)).toEqual([])
    expect(person.errors).toEqual([])
    expect(
      await person.page.evaluate(
        () =>
          document.querySelectorAll(
            '.cm-content script, .cm-content img:not(.cm-widgetBuffer), .cm-content style',
          ).length,
      ),
    ).toBe(0)
  }
  await browser.close()
})

function collectReports(): void {
  globalThis.reports = []
  addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI, sourceFile, lineNumber }) => {
    globalThis.reports?.push(`${violatedDirective} ${blockedURI} ${sourceFile}:${lineNumber}`)
  })
}

/** Pastes as a person does: through the editor. */
function pasteText(text: string): void {
  const data = new DataTransfer()
  data.setData('text/plain', text)
  document
    .querySelector('.cm-content')
    ?.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }))
}
