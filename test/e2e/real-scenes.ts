/**
 * The same pictures with nothing pretended: the built page from the real server, three people, WebRTC. Each step
 * takes pictures of whoever is named.
 */
import { join } from 'node:path'
import type { Page } from 'puppeteer-core'
import { createSignalingServer } from '../../signaling/index.ts'
import { getByRole, getByText, pressKey, rootOfRepository } from './browsers.ts'

const CODE = 'export function area(width: number, height: number) {\nreturn width * height\n}\n'

type Take = (name: string, page: Page) => Promise<void>

/** Ada shares, Ben joins and edits, Eve reads; Ada leaves. Every page is closed in the end, or it would dial on. */
export async function playReal(arrive: () => Promise<Page>, take: Take): Promise<void> {
  const server = createSignalingServer({ port: 0, webFolder: join(rootOfRepository(), 'dist/web') })
  const { url, close } = await server.listen()
  const pages: Page[] = []
  const opened = async () => {
    const page = await arrive()
    pages.push(page)
    return page
  }
  try {
    await meet(url, opened, take)
  } finally {
    for (const page of pages) if (!page.isClosed()) await page.close()
    await close()
  }
}

async function meet(url: string, arrive: () => Promise<Page>, take: Take): Promise<void> {
  const ada = await arriveAt(arrive, url)
  await getByRole(ada, 'textbox', 'Text')
  await ada.keyboard.type(CODE)
  const name = await getByRole(ada, 'textbox', 'File name')
  await name.click({ count: 3 })
  await ada.keyboard.type('area.ts')
  await pressKey(ada, 'Enter')
  const editLink = await linkOf(ada)
  await take('real-waiting', ada)
  const ben = await joinBy(await arriveAt(arrive, editLink))
  await take('real-ben-joined', ben)
  await getByText(ada, 'joined, can edit')
  await take('real-ada-joined', ada)
  await (await getByRole(ada, 'radio', 'Can view')).click()
  await getByText(ada, 'Link copied')
  const eve = await joinBy(await arriveAt(arrive, await valueOfLink(ada)))
  await pressKey(ada, 'Escape')
  await ben.click('.cm-content')
  await ben.keyboard.type('// Ben was here\n')
  await getByText(eve, 'Ben was here')
  await take('real-eve-reads', eve)
  await take('real-ada-three', ada)
  await ada.close()
  await getByText(ben, 'You keep a copy')
  await take('real-ben-left', ben)
}

async function arriveAt(arrive: () => Promise<Page>, address: string): Promise<Page> {
  const page = await arrive()
  await page.goto(address)
  return page
}

async function joinBy(page: Page): Promise<Page> {
  await getByRole(page, 'button', 'Join')
  await pressKey(page, 'Enter')
  await getByText(page, 'export function area')
  return page
}

async function linkOf(page: Page): Promise<string> {
  await (await getByRole(page, 'button', 'Share')).click()
  await getByText(page, 'Link copied')
  return valueOfLink(page)
}

async function valueOfLink(page: Page): Promise<string> {
  const link = await getByRole(page, 'textbox', 'Invite link')
  return link.evaluate((field) => (field as HTMLInputElement).value)
}
