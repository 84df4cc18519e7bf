/**
 * How people of the end-to-end tests come together: arriving with a name, sharing, joining. The steps of
 * journey A, for tests that are about what happens afterwards.
 * Not here: what is expected of these steps (journey-a.test.ts).
 */
import type { OpenBrowser } from './browsers.ts'
import { Person } from './person.ts'

/** Somebody with a fresh profile who has used the app before: their name is in its settings. */
export async function arrive(browser: OpenBrowser, name: string): Promise<Person> {
  const page = await browser.newPage()
  await page.evaluateOnNewDocument((settings) => {
    if (isSecureContext) localStorage.setItem('coterie.settings', settings)
  }, JSON.stringify({ name }))
  return new Person(name, browser, page)
}

/** Presses `Share`. @returns the link of the kind wanted; the popover is closed again */
export async function share(person: Person, allows: 'Can edit' | 'Can view' = 'Can edit'): Promise<string> {
  await person.click('button', 'Share')
  const field = await person.find('textbox', 'Invite link')
  if (allows === 'Can view') await person.click('radio', 'Can view')
  await person.find('radio', allows)
  const link = await person.page.waitForFunction(
    (input, sentence) => {
      const panel = (input as HTMLInputElement).getRootNode() as ShadowRoot
      const isChosen = panel.textContent?.includes(sentence as string)
      return isChosen ? (input as HTMLInputElement).value : ''
    },
    {},
    field,
    allows === 'Can edit' ? 'The first person' : 'Anyone with this link',
  )
  const address = String(await link.jsonValue())
  await person.press('Escape')
  return address
}

/** Opens the link and joins with Enter. */
export async function join(person: Person, link: string): Promise<void> {
  await person.open(link)
  await person.seesWords('invites you to')
  await person.find('button', 'Join')
  await person.press('Enter')
  await person.find('textbox', 'Text')
}

/** Two people in one session: the first wrote `text` and shared it, the second has joined and sees it. */
export async function meet(
  first: Person,
  second: Person,
  { url, text, allows }: { readonly url: string; readonly text: string; readonly allows?: 'Can view' },
): Promise<string> {
  await first.open(url)
  await first.type(text)
  const link = await share(first, allows)
  await join(second, link)
  await second.sees(text)
  await first.seesStatus('In sync with 1')
  await second.seesStatus('In sync with 1')
  return link
}
