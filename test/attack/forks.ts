/** What an editor can do to the text with real keys: two histories for two people, and deleting all of it. */

import type { Session } from '../../src/session/public.ts'
import { Vouching } from '../../src/session/vouching.ts'
import { Workings } from '../../src/session/workings.ts'
import { struct, updateOf } from '../doc/tools.ts'
import { comesTrue, type Ground, until } from './ground.ts'
import { contentOf, expectConverging, gather, type Party, textOf } from './party.ts'
import type { Attack, Stage } from './stage.ts'
import { type HostileWriter, Villain } from './villain.ts'

const COMMON = 'common '
const WORDS = ['first', 'second'] as const

const twoHistories: Attack = {
  number: 22,
  name: 'one writer tells two people two histories of different lengths, and both are passed on',
  guard: 'the proof takes both out of the text, and one of them for good',
  transports: ['memory'],
  async play(stage) {
    const ground = await stage.ground()
    const party = await gather(ground)
    const mallory = await Villain.enlist(ground, party, 'editor')
    stage.switchOff(Vouching.prototype, 'voided', () => () => {})
    const before = await tellBoth(mallory, party)
    await expectDecided(stage, party)
    await expectConverging(stage, party)
    await expectKept(stage, party, before)
    await expectNewcomerAgrees(stage, ground, party)
  },
}

/** The common beginning to both; then three words to Ada, one to Ben. @returns what each had on screen */
async function tellBoth(mallory: Villain, { ada, ben }: Party): Promise<readonly [string, string]> {
  const [toAda, toBen] = [await mallory.link(ada), await mallory.link(ben)]
  const writer = mallory.writer()
  const common = writer.write(word(writer, 0, COMMON))
  for (const link of [toAda, toBen]) link.sendEntries([common])
  await until('both have the beginning', () => [ada, ben].every((one) => textOf(one).includes(COMMON)))
  const other = mallory.writer(writer.id)
  other.seq = writer.seq
  other.prev = writer.prev
  let clock = COMMON.length
  const branch = [WORDS[0], ' once', ' more'].map((part) => {
    clock += part.length
    return writer.write(word(writer, clock - part.length, part))
  })
  toAda.sendEntries(branch)
  toBen.sendEntries([other.write(word(other, COMMON.length, WORDS[1]))])
  await until('each has read one', () => textOf(ada).includes(WORDS[0]) || textOf(ben).includes(WORDS[1]))
  return [textOf(ada), textOf(ben)]
}

function word(writer: HostileWriter, clock: number, text: string): Uint8Array {
  const origin = clock > 0 ? { client: writer.clientID, clock: clock - 1 } : undefined
  return updateOf(writer.clientID, clock, struct({ parent: 'main', text, origin }))
}

/** Both are told whose device it is, and no honest link is closed. */
async function expectDecided(stage: Stage, { ada, ben, told }: Party): Promise<void> {
  const names = (one: Session): boolean => {
    const { problem } = one.status
    return problem?.kind === 'fork' && problem.name === 'Mallory'
  }
  stage.expect(await comesTrue(() => names(ada) && names(ben)), 'not everybody was told whose device it is')
  const agree = (): boolean => contentOf(ada.doc) === contentOf(ben.doc) && ada.status.unshared === 0
  stage.expect(await comesTrue(agree, 8_000), 'Ada and Ben do not come to one text')
  const isLinked = ada.peers.some(({ device }) => device === ben.me.device)
  stage.expect(isLinked, 'Ada and Ben lost their link')
  stage.expect(
    told.every((sentence) => sentence.includes('Mallory')),
    `somebody honest was blamed: ${told}`,
  )
}

/** Whatever went out of the text is kept as a version where it was read. */
async function expectKept(
  stage: Stage,
  { ada, ben }: Party,
  before: readonly [string, string],
): Promise<void> {
  for (const [at, one] of [ada, ben].entries()) {
    const shown = WORDS.filter((word) => before[at]?.includes(word))
    const lost = shown.filter((word) => !textOf(one).includes(word))
    const kept = (await one.versions.list()).filter(({ why }) => why === 'fork')
    const texts = await Promise.all(kept.map(({ id }) => one.versions.texts(id)))
    for (const word of lost)
      stage.expect(
        texts.some((text) => text.get('main')?.includes(word) === true),
        `${one.me.name} read "${word}", and it is in no version`,
      )
  }
}

async function expectNewcomerAgrees(stage: Stage, ground: Ground, { ada }: Party): Promise<void> {
  const { url } = await ada.invite({ role: 'viewer' })
  const guest = await ground.device().api.joinSession(url, { name: 'Guest' })
  stage.expect(await comesTrue(() => textOf(guest) === textOf(ada)), 'a newcomer reads another text')
}

const PAGE = 'a line that somebody wrote\n'.repeat(200)

const legalDeletion: Attack = {
  number: 34,
  name: 'an editor deletes everything, which it may',
  guard: 'the version kept before most of the text is deleted',
  transports: ['memory'],
  async play(stage) {
    const party = await gather(await stage.ground())
    const { ada, ben } = party
    ada.doc.getText('main').insert(0, PAGE)
    await until('Ben has it', () => textOf(ben) === textOf(ada) && ada.status.unshared === 0)
    const before = textOf(ada)
    stage.switchOff(Workings.prototype, 'keepVersion', () => () => Promise.resolve())
    ben.doc.getText('main').delete(0, before.length)
    stage.expect(await comesTrue(() => textOf(ada) === ''), 'what an editor may do was not done')
    const [version] = await ada.versions.list()
    stage.expect(version?.why === 'deletion' && version.by === 'Ben', 'no version was kept before')
    if (version !== undefined) await ada.versions.restore(version.id)
    const isBack = (): boolean => textOf(ada) === before && textOf(ben) === before
    stage.expect(await comesTrue(isBack), 'the text is not back')
    await expectConverging(stage, party)
  },
}

export const FORK_ATTACKS: readonly Attack[] = [twoHistories, legalDeletion]
