/** What people wait for when they trust somebody or stop: a code typed, a text joined, keys changed, a device unlocked. */
import type { Session } from '../../../src/session/public.ts'
import { lockNow, PASSPHRASE, setPassphrase } from '../../e2e/locking.ts'
import { Person } from '../../e2e/person.ts'
import { type Effort, within } from '../measuring.ts'
import { nodePeers, untilAll } from '../node-peers.ts'
import { startOwnServer } from '../own-server.ts'
import { madeUpText } from '../page/made-up-text.ts'
import type { Findings } from '../rows.ts'
import type { Stage } from '../stage.ts'
import { median } from '../statistics.ts'

const ROUNDS: Record<Effort, number> = { full: 7, quick: 2 }
/** The same text as ten thousand keystrokes leave. */
const TEXT_UNITS = 10_000
const MEMBERS = 20
const DEADLINE = 120_000

/** Over real WebRTC and the real server, all peers in this process. */
export async function measureTrustActs(effort: Effort): Promise<Findings> {
  const server = await startOwnServer()
  const sessions: Session[] = []
  try {
    const makePeer = await nodePeers(server.signaling)
    const host = await makePeer().api.createSession({ name: 'Host' })
    sessions.push(host)
    host.doc.getText('main').insert(0, madeUpText(TEXT_UNITS))
    await host.saved()
    const rounds = ROUNDS[effort]
    const byCode: number[] = []
    const byCheckpoint: number[] = []
    const join = async (way: string, came: number[]): Promise<void> => {
      const { api } = makePeer()
      const invitation = await api.openInvitation(way)
      const began = performance.now()
      const session = await invitation.join({ name: `Guest ${sessions.length}` })
      if (session.doc.getText('main').length < TEXT_UNITS) throw new Error('joined without the text')
      came.push(performance.now() - began)
      sessions.push(session)
    }
    for (let round = 0; round < rounds; round++) {
      const invite = await host.invite({ role: 'editor' })
      const { code } = await invite.spoken()
      const began = performance.now()
      sessions.push(await makePeer().api.joinSession(code, { name: `Guest ${sessions.length}` }))
      byCode.push(performance.now() - began)
      await join((await host.invite({ role: 'editor' })).url, byCheckpoint)
    }
    const changed = await within(DEADLINE, 'changing the keys', rekey(host, join))
    const row = (times: readonly number[], note: string) => ({
      ours: median(times),
      theirs: null,
      rounds: times.length,
      notes: [note],
    })
    return {
      code_pairing_ms: row(
        byCode,
        'words typed to joined, over the real server and WebRTC, both sides in one process',
      ),
      catch_up_checkpoint_ms: row(byCheckpoint, `join pressed to ${TEXT_UNITS} characters in the document`),
      rekey_20_ms: row(
        changed,
        `a removal with ${MEMBERS} members left, until it is signed, stored and told`,
      ),
    }
  } finally {
    await Promise.all(sessions.map((session) => session.leave()))
    await server.close()
  }
}

/** Removes the last to come, of one more than the members who stay. */
async function rekey(host: Session, join: (way: string, came: number[]) => Promise<void>): Promise<number[]> {
  const { url } = await host.invite({ role: 'viewer', uses: MEMBERS + 1 })
  while (host.members.length <= MEMBERS) await join(url, [])
  await untilAll([host], ({ members }) => members.length === MEMBERS + 1)
  const times: number[] = []
  for (const { device } of host.members.filter(({ isMe }) => !isMe).slice(-1)) {
    const began = performance.now()
    await host.remove(device)
    times.push(performance.now() - began)
  }
  return times
}

/** The app itself: from the press of `Unlock` to the text. */
export async function measureUnlocking(stage: Stage, effort: Effort): Promise<Findings> {
  const ada = new Person('Ada', stage.browser, await stage.browser.newPage())
  await ada.open(stage.app)
  await ada.type('kept under lock')
  await ada.seesSaved()
  await setPassphrase(ada)
  const times: number[] = []
  for (let round = 0; round < ROUNDS[effort]; round++) {
    await lockNow(ada)
    await ada.seesFocusOn('Passphrase')
    await ada.typeHere(PASSPHRASE)
    const button = await ada.find('button', 'Unlock')
    times.push(await ada.page.evaluate(pressAndWait, button, 'kept under lock'))
  }
  await ada.leave()
  return {
    unlock_ms: { ours: median(times), theirs: null, rounds: times.length, notes: ['the app, its page open'] },
  }
}

/** In the page. */
async function pressAndWait(button: Element, text: string): Promise<number> {
  const began = performance.now()
  if (button instanceof HTMLElement) button.click()
  while (!document.querySelector('.cm-content')?.textContent?.includes(text))
    await new Promise((resolve) => setTimeout(resolve, 4))
  return performance.now() - began
}
