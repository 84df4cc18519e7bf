/**
 * What a page says of itself, written down every 50 ms from inside: its status, the chip on screen, and what its log
 * holds. The witness of the oracle (honesty.ts), which compares it with the other pages.
 * Invariant: the function stands alone, because only its own text travels.
 */
import type { Page } from 'puppeteer-core'
import type { Session, SessionStatus } from '../../src/session/public.ts'
import type { StatusTone } from '../../web/status-text.ts'

export interface Sample {
  /** Milliseconds since 1970; all browsers of a test run on one computer. */
  readonly at: number
  readonly session: string
  readonly device: string
  readonly status: SessionStatus
  readonly everShared: boolean
  readonly chip: string
  readonly tone: StatusTone | undefined
  /** How far the log holds each chain. */
  readonly held: Readonly<Record<string, number>>
  /** Of the own chains, the last entry that is an edit. */
  readonly edited: Readonly<Record<string, number>>
}

/** What drivers say of a page that is closed, or on its way to another document. */
const LEAVING = /context|closed|detached|destroyed|navigat|no such frame|frame not found/i

/** From now on every document of this page keeps samples. */
export async function keepSamples(page: Page): Promise<void> {
  await page.evaluateOnNewDocument(sample)
}

/** Takes the samples kept since the last time; none from a page that is going away. */
export async function takeSamples(page: Page): Promise<readonly Sample[]> {
  if (page.isClosed()) return []
  try {
    const taken = await page.evaluate(() => {
      const kept = (globalThis as unknown as { samples?: Sample[] }).samples
      return JSON.stringify(kept?.splice(0) ?? [])
    })
    return JSON.parse(taken) as Sample[]
  } catch (error) {
    if (error instanceof Error && LEAVING.test(error.message)) return []
    throw error
  }
}

function sample(): void {
  interface Held {
    readonly device: string
    readonly base: number
    readonly entries: readonly { readonly entry: { readonly seq: number; readonly kind: string } }[]
  }
  type Opened = Session & {
    readonly replica: { readonly log: { readonly chains: ReadonlyMap<string, Held> } }
  }
  const samples: Sample[] = []
  /** Sessions whose changes of status are looked at too: between two looks there may be several. */
  const heard = new WeakSet<Session>()
  Object.assign(globalThis, { samples })
  const look = (): void => {
    const bar = document.querySelector<Element & { readonly page?: { readonly session?: Opened } }>(
      'coterie-bar',
    )
    const session = bar?.page?.session
    const chip = bar?.shadowRoot?.querySelector('coterie-status')?.shadowRoot?.querySelector('[role=status]')
    if (session === undefined || !chip) return
    const held: Record<string, number> = {}
    const edited: Record<string, number> = {}
    for (const [id, chain] of session.replica.log.chains) {
      held[id] = chain.base + chain.entries.length
      if (chain.device !== session.me.device) continue
      edited[id] = chain.entries.findLast(({ entry }) => entry.kind === 'edit')?.entry.seq ?? 0
    }
    if (!heard.has(session)) for (const name of ['status', 'peers', 'members']) session.on(name, look)
    heard.add(session)
    samples.push({
      at: Date.now(),
      session: session.id,
      device: session.me.device,
      status: session.status,
      everShared: session.members.some(({ isMe }) => !isMe),
      chip: chip.textContent ?? '',
      tone: (chip.getAttribute('data-tone') ?? undefined) as StatusTone | undefined,
      held,
      edited,
    })
  }
  setInterval(look, 50)
}
