/** What a watcher of the wire could learn, and what a liar can keep from a newcomer. */
import type { Clock } from '../../src/base/ports.ts'
import { openEntry } from '../../src/wire/entry.ts'
import { digestOfHeads, type Head } from '../../src/wire/heads.ts'
import { CAPTURE_PAUSE_MS } from '../../src/wire/limits.ts'
import { paddedLength } from '../../src/wire/padding.ts'
import { isViolation } from '../../src/wire/violation.ts'
import { admitAs } from './false-admitter.ts'
import { comesTrue, until } from './ground.ts'
import { contentOf, expectUnharmed, gather, type Party, textOf } from './party.ts'
import type { Attack } from './stage.ts'
import { Villain } from './villain.ts'

// Sizes and times --------------------------------------------------------------------------------------

const TAG_BYTES = 16
const KEYSTROKES = 150

/** Without the guard what should wait for its moment does not. */
function hasty(clock: Clock): Clock {
  return {
    ...clock,
    wakeAfter: (after, wake) => clock.wakeAfter(after <= CAPTURE_PAUSE_MS ? 0 : after, wake),
  }
}

const telltale: Attack = {
  number: 45,
  name: 'sizes and times of ciphertexts while somebody types, pastes and deletes',
  guard: 'the pause of a writer',
  transports: ['memory'],
  async play(stage) {
    const ground = await stage.ground()
    const { clock } = ground.device().environment
    const party = await gather(ground, { ada: { clock: stage.guard === 'on' ? clock : hasty(clock) } })
    const mallory = await Villain.enlist(ground, party, 'viewer')
    const link = await mallory.link(party.ada)
    link.send({ type: 'heads', answer: false, seen: 0, heads: [] })
    await until('Mallory hears of it all', () => link.entries.length > 0)
    const had = link.entries.length
    await typeForAWhile(party)
    await until('Mallory has it', () => party.ada.status.unshared === 0 && link.entries.length > had)
    const entries = link.entries.slice(had)
    for (const { ciphertext } of entries) {
      const plain = ciphertext.length - TAG_BYTES
      stage.expect(paddedLength(plain) === plain, `${plain} bytes lie on no bucket`)
    }
    const times = entries.map((entry) => {
      const content = openEntry(ground.crypto, entry, mallory.entryKey)
      return isViolation(content) ? 0 : content.authoredAt
    })
    const gaps = times.slice(1).map((time, at) => time - (times[at] ?? 0))
    const shortest = Math.min(...gaps)
    // timers may wake a millisecond early
    stage.expect(shortest >= CAPTURE_PAUSE_MS - 1, `two entries within ${shortest} ms`)
    stage.expect(gaps.length > 5, 'the scene: too little was written to tell')
    link.close()
    await until('Ben has it', () => textOf(party.ben) === textOf(party.ada))
    await expectUnharmed(stage, party, contentOf(party.ada.doc))
  },
}

/** Keys far faster than entries may leave, a paste, a deletion. */
async function typeForAWhile({ ada }: Party): Promise<void> {
  const text = ada.doc.getText('main')
  for (let at = 0; at < KEYSTROKES; at++) {
    if (at === 50) text.insert(0, 'pasted '.repeat(1_000))
    else if (at === 100) text.delete(0, 3_000)
    else text.insert(0, 'k')
    await new Promise((resolve) => setTimeout(resolve, 3))
  }
}

// Withheld ---------------------------------------------------------------------------------------------

const withheld: Attack = {
  number: 30,
  name: "one author's entries withheld from a newcomer by one peer",
  guard: 'a link to more than one peer',
  transports: ['memory'],
  async play(stage) {
    const ground = await stage.ground()
    const party = await gather(ground)
    const { ada, ben } = party
    ben.doc.getText('main').insert(ben.doc.getText('main').length, ' BEN WAS HERE')
    await until('Ada has it', () => textOf(ada) === textOf(ben))
    const mallory = await Villain.enlist(ground, party, 'editor')
    const { url } = await ada.invite({ role: 'editor' })
    await mallory.learnRoster(ada)
    await Promise.all([ada.saved(), ben.saved()])
    await Promise.all([ada.leave(), ben.leave()])
    const admitting = admitAs(mallory, ground, url)
    const joining = ground.device().api.joinSession(url, { name: 'Cleo' })
    const link = await admitting
    withhold(mallory, link, ben.me.device)
    const cleo = await joining
    stage.expect(!textOf(cleo).includes('BEN'), 'the scene: Cleo has what was withheld')
    if (stage.guard === 'on') await party.adasDevice.api.openSession(ada.localId)
    const isWhole = (): boolean => textOf(cleo) === textOf(ada)
    const within = stage.guard === 'on' ? 30_000 : 3_000
    stage.expect(await comesTrue(isWhole, within), `Cleo reads "${textOf(cleo)}"`)
    link.close()
  },
}

/** Hands over all it holds but one device's entries, and says that there are no others. */
function withhold(mallory: Villain, link: Awaited<ReturnType<typeof admitAs>>, device: string): void {
  const entries = mallory.entries.filter((entry) => entry.device !== device)
  const heads = new Map<string, Head>()
  for (const entry of [...entries].sort((a, b) => a.seq - b.seq)) {
    heads.set(entry.writer, {
      ...{ device: entry.device, writer: entry.writer, held: entry.seq, heldId: entry.id },
      ...{ applied: entry.seq, ended: false },
    })
  }
  const held = [...heads.values()]
  link.sendEntries(
    [...entries].sort((a, b) => a.seq - b.seq),
    'bulk',
  )
  link.send({ type: 'heads', answer: false, seen: 0, heads: held })
  const digests = digestOfHeads(mallory.crypto, held)
  link.send({ type: 'digest', roster: mallory.roster.digest(), ...digests, state: undefined })
}

export const WATCHING_ATTACKS: readonly Attack[] = [withheld, telltale]
