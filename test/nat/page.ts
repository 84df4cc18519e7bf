/**
 * One person at a page of a real browser, in a process of their own, for a namespace: the browser and its driver must
 * both live in it. Founds a session or joins one, and does what stdin says, as peer.ts does. Ends with stdin.
 *
 *   page.js <address of the site> <name> <chromium or firefox>
 */
import { createInterface } from 'node:readline'
import { type BrowserName, closeAll, launchBrowser } from '../e2e/browsers.ts'
import { inPage } from '../e2e/in-page.ts'
import { arrive, join, share } from '../e2e/meeting.ts'
import type { Person } from '../e2e/person.ts'
import { until } from '../e2e/waiting.ts'

/** Milliseconds: a link that is gone is noticed after 10 s, and made anew through the server. */
const PATIENCE = 60_000

const [, , site = '', name = '', kind = ''] = process.argv
const person = await arriveOnSite()

for await (const line of createInterface({ input: process.stdin })) {
  const [verb = '', argument = ''] = line.split(' ')
  try {
    say(await perform(verb, argument))
  } catch (error) {
    say({ failure: error instanceof Error ? error.message : String(error) })
  }
}
await closeAll()
process.exit(0)

/** A page of plain http is no secure context: the browser is told to take this one for one, as https would be. */
async function arriveOnSite(): Promise<Person> {
  const { hostname, origin } = new URL(site)
  const browser = await launchBrowser(kind as BrowserName, {
    flags: kind === 'chromium' ? [`--unsafely-treat-insecure-origin-as-secure=${origin}`] : [],
    preferences: { 'dom.securecontext.allowlist': hostname },
  })
  return arrive(browser, name)
}

async function perform(verb: string, argument: string): Promise<unknown> {
  if (verb === 'found') return found()
  if (verb === 'join') return joined(argument)
  if (verb === 'type') return type(Number(argument))
  if (verb === 'await') return reached(Number(argument))
  throw new TypeError(`nobody at a page knows how to ${verb}`)
}

async function found() {
  await person.open(site)
  await person.type('Ada was here. ')
  return { invite: await share(person) }
}

async function joined(url: string) {
  await join(person, url)
  const text = () => person.page.evaluate(inPage.sharedText)
  return { joined: await until('the text is there', text, (there) => there !== '') }
}

/** In front of the text, so that what two write at once is told apart from what one wrote. */
async function type(count: number) {
  for (let n = 0; n < count; n++) await person.page.evaluate(inPage.insert, 0, name.charAt(0))
  return { typed: count }
}

async function reached(length: number) {
  const look = async () => ({
    text: (await person.page.evaluate(inPage.sharedText)) ?? '',
    path: await person.page.evaluate(inPage.path),
    unshared: await person.page.evaluate(inPage.unshared),
  })
  const { text, path } = await until(
    `${name} holds ${length} characters`,
    look,
    (seen) => seen.text.length >= length && seen.path !== 'unknown' && seen.unshared === 0,
    PATIENCE,
  )
  return { text, path }
}

function say(answer: unknown): void {
  process.stdout.write(`${JSON.stringify(answer)}\n`)
}
