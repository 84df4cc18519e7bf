/**
 * Stands in for the library in the story build of the web app (test/e2e/shots.ts): every screen is the real one,
 * what happens behind it is told from outside through `story`.
 */
import type { Doc } from 'yjs'
import { InviteUsed, WrongCode } from '../../src/session/errors.ts'
import type { HandAnswer, Invitation, RecentSession } from '../../src/session/public.ts'
import { codeProblem } from '../../src/session/redeeming.ts'
import type { Vault } from '../../src/session/vault.ts'
import { type LocalId, WrongPassphrase } from '../../src/storage/port.ts'
import { FakeSession, member } from './fake-session.ts'

const TEXT = `/** Words by how often they occur, the most frequent first. */
export function countWords(text: string): [string, number][] {
  const counts = new Map<string, number>()
  for (const word of text.toLowerCase().match(/[a-z]+/g) ?? []) {
    counts.set(word, (counts.get(word) ?? 0) + 1)
  }
  return [...counts].sort(([, a], [, b]) => b - a)
}

console.log(countWords('to be or not to be').slice(0, 3))
`

const MINUTE = 60_000

const recent = (title: string, ago: number, extra: Partial<RecentSession> = {}): RecentSession => ({
  localId: title.padEnd(16, '0') as LocalId,
  title,
  role: 'owner',
  shared: true,
  openedAt: Date.now() - ago,
  unreadable: false,
  ...extra,
})

export const story = {
  session: undefined as FakeSession | undefined,
  member,
  /** Whether the server has a relay. */
  relay: 'yes' as 'yes' | 'no',
  /** The passphrase of this device. */
  passphrase: undefined as string | undefined,
  /** What is behind an invite: answered, used, a code with other words, or never answering. */
  invitation: 'answered' as 'answered' | 'used' | 'wrong-code' | 'silent' | 'lobby',
  rows: [
    recent('word-count.ts', 2 * MINUTE),
    recent('interview with a very long title that does not fit.md', 180 * MINUTE, { role: 'editor' }),
    recent('untitled', 26 * 60 * MINUTE, { shared: false }),
    recent('old', 9 * 24 * 60 * MINUTE, { unreadable: true, title: undefined }),
  ],
}
Object.assign(globalThis, { story })

export async function createSession({ doc, title }: { doc: Doc; title: string }): Promise<FakeSession> {
  const session = new FakeSession(doc)
  session.title = title
  session.become({ phase: 'draft', peers: 0 })
  story.session = session
  return session
}

export async function openSession(): Promise<FakeSession> {
  const session = new FakeSession()
  session.doc.getText('main').insert(0, TEXT)
  session.title = 'word-count.ts'
  story.session = session
  return session
}

export function openInvitation(): Promise<Invitation> {
  if (story.invitation === 'used') return Promise.reject(new InviteUsed('Ada'))
  if (story.invitation === 'wrong-code') return Promise.reject(new WrongCode())
  if (story.invitation === 'silent') return new Promise(() => undefined)
  const join = async () => {
    const session = await openSession()
    session.inviter = member('Ada', 7).device
    return session
  }
  return Promise.resolve({
    inviter: 'Ada',
    title: 'word-count.ts',
    role: 'editor',
    lobby: story.invitation === 'lobby',
    join,
    decline: () => undefined,
  })
}

export { codeProblem }

/** For the page that was loaded now, and not for the next one. */
const isLocked = localStorage.getItem('story.locked') !== null
localStorage.removeItem('story.locked')

const verify = (passphrase: string): void => {
  if (passphrase !== story.passphrase) throw new WrongPassphrase()
}

export const vault: Vault = {
  state: async () => (isLocked ? 'locked' : story.passphrase === undefined ? 'none' : 'open'),
  async setPassphrase(passphrase) {
    story.passphrase = passphrase
  },
  async changePassphrase(from, to) {
    verify(from)
    story.passphrase = to
  },
  async removePassphrase(passphrase) {
    verify(passphrase)
    story.passphrase = undefined
  },
  unlock: async (passphrase) => verify(passphrase),
  lock: async () => undefined,
  erase: async () => undefined,
  name: async () => undefined,
  keepName: async () => undefined,
  whenLocked: async () => () => undefined,
}

export async function answerOffer(): Promise<HandAnswer> {
  const nothing = () => undefined
  return {
    text: 'Qx81LmT4pAVv3kZ0h2Yb'.repeat(25),
    offeredAt: Date.now(),
    card: new Promise(nothing),
    handedBack: nothing,
    close: nothing,
  }
}

export async function listSessions(): Promise<readonly RecentSession[]> {
  return story.rows
}

export async function forgetSession(localId: LocalId): Promise<void> {
  story.rows = story.rows.filter((row) => row.localId !== localId)
}

export async function findSession(): Promise<undefined> {
  return undefined
}

export async function offersRelay(): Promise<'yes' | 'no'> {
  return story.relay
}

export async function askForPersistence(): Promise<'granted'> {
  return 'granted'
}
