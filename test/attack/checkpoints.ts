/** Attacks with checkpoints: an editor signs a state that is not what the entries before it make. */
import { applyUpdate, Doc, encodeStateAsUpdate, encodeStateVector } from 'yjs'
import { SharedDocument } from '../../src/doc/document.ts'
import { schemaOf } from '../../src/doc/schema.ts'
import { startLog, step } from '../../src/protocol/log.ts'
import { appliedHeads } from '../../src/protocol/rebase.ts'
import { type Checkpoint, encodeCheckpoint } from '../../src/wire/checkpoint.ts'
import type { Entry } from '../../src/wire/entry.ts'
import { struct, updateOf } from '../doc/tools.ts'
import { admitAs, serve } from './false-admitter.ts'
import { comesTrue, type Ground, until } from './ground.ts'
import {
  contentOf,
  expectConverging,
  expectUnharmed,
  gather,
  HONEST_TEXT,
  type Party,
  textOf,
} from './party.ts'
import type { Attack, Stage } from './stage.ts'
import { type HostileWriter, Villain } from './villain.ts'

const ROOTS = { main: 'text', coterie: 'map' } as const

/** What Mallory holds, evaluated by the rules: heads and document as an honest checkpoint would list them. */
function honestly({ crypto, keyring, roster, entries, entryKey }: Villain) {
  const document = SharedDocument.create({ schema: schemaOf(ROOTS) })
  const log = startLog({
    crypto,
    session: keyring.session,
    roster,
    evaluator: document,
    entryKeyAt: () => entryKey,
  })
  const inOrder = [...entries].sort((a, b) => a.seq - b.seq)
  step(log, { type: 'received', entries: inOrder })
  return { document, log, heads: appliedHeads(log) }
}

interface Lie {
  readonly name: string
  /** The checkpoint, and what Mallory writes before it so that it brings news. */
  tell(mallory: Villain, party: Party): { readonly before: readonly Entry[]; readonly checkpoint: Entry }
}

/** The honest state and Mallory's own next words, then changed. */
function lieWith(
  mallory: Villain,
  change: (honest: {
    state: Uint8Array
    checkpoint: Checkpoint
    writer: HostileWriter
  }) => Partial<Checkpoint>,
) {
  const { document, heads } = honestly(mallory)
  const writer = mallory.writer()
  const update = updateOf(writer.clientID, 0, struct({ parent: 'main', text: ' and Mallory' }))
  const news = writer.write(update)
  document.apply(update, writer.clientID)
  const own = { device: mallory.device, writer: writer.id, seq: news.seq, id: news.id, nextClock: 12 }
  const state = document.encodeState()
  const checkpoint: Checkpoint = {
    heads: [...heads, own],
    free: [],
    digest: document.digest(mallory.crypto),
    state: { kind: 'inline', bytes: state },
  }
  const lie = { ...checkpoint, ...change({ state, checkpoint, writer }) }
  return { before: [], checkpoint: writer.write(encodeCheckpoint(lie), 'checkpoint'), said: lie }
}

/** The same ids, other letters: the state's bytes with the honest words replaced by words as long. */
function forgedWords(mallory: Villain, state: Uint8Array): Pick<Checkpoint, 'digest' | 'state'> {
  const [from, to] = [HONEST_TEXT, 'FORGED WORDS'].map((text) => new TextEncoder().encode(text))
  const forged = state.slice()
  const at = forged.findIndex((_, start) => from?.every((byte, i) => forged[start + i] === byte) === true)
  if (at < 0 || to === undefined) throw new Error('the honest words are not in the state as they are')
  forged.set(to, at)
  const document = SharedDocument.create({ schema: schemaOf(ROOTS) })
  applyUpdate(document.doc, forged)
  return { digest: document.digest(mallory.crypto), state: { kind: 'inline', bytes: forged } }
}

const FORGED: Lie = {
  name: 'forged words',
  tell: (mallory) => lieWith(mallory, ({ state }) => forgedWords(mallory, state)),
}

const SQUATTED: Lie = {
  name: 'squatted clocks',
  tell: (mallory, { ada }) =>
    lieWith(mallory, ({ state, checkpoint }) => {
      const document = SharedDocument.create({ schema: schemaOf(ROOTS) })
      applyUpdate(document.doc, state)
      const client = ada.doc.clientID
      const head = checkpoint.heads.find(({ device }) => device === ada.me.device)
      const clock = document.nextClock(client)
      document.apply(updateOf(client, clock, struct({ parent: 'main', text: 'ADA RESIGNS' })), client)
      const heads = checkpoint.heads.map((one) => (one === head ? { ...one, nextClock: clock + 11 } : one))
      return {
        heads,
        digest: document.digest(mallory.crypto),
        state: { kind: 'inline', bytes: document.encodeState() },
      }
    }),
}

const UNLISTED: Lie = {
  name: "a member's writer as nobody's",
  tell: (mallory, { ada }) =>
    lieWith(mallory, ({ checkpoint }) => {
      const head = checkpoint.heads.find(({ device }) => device === ada.me.device)
      const free = [{ clientID: ada.doc.clientID, clock: head?.nextClock ?? 0 }]
      return { heads: checkpoint.heads.filter((one) => one !== head), free }
    }),
}

const PARKED: Lie = {
  name: 'an entry that is parked',
  tell: (mallory) => {
    const parked = mallory.writer()
    const dangling = parked.write(updateOf(parked.clientID, 0, struct({ origin: { client: 7, clock: 9 } })))
    const { checkpoint } = lieWith(mallory, ({ checkpoint: honest }) => ({
      heads: [
        ...honest.heads,
        { device: mallory.device, writer: parked.id, seq: 1, id: dangling.id, nextClock: 0 },
      ],
    }))
    return { before: [dangling], checkpoint }
  },
}

const BAD_DIGEST: Lie = {
  name: 'a text that is not the one of its digest',
  tell: (mallory) => lieWith(mallory, () => ({ digest: new Uint8Array(16).fill(5) })),
}

async function sendLie(stage: Stage, party: Party, mallory: Villain, lie: Lie): Promise<void> {
  const told = party.told.length
  const { before, checkpoint } = lie.tell(mallory, party)
  const link = await mallory.link(party.ada)
  link.sendEntries([...before, checkpoint])
  stage.expectGuarded((await link.settle()) === 'open', `the link that carries ${lie.name} was closed`)
  stage.expectGuarded(
    party.told.slice(told).some((line) => line.includes('Mallory')),
    `nobody was told whose checkpoint holds ${lie.name}: ${party.told.slice(told)}`,
  )
  link.close()
}

function switchOffAdoption(stage: Stage): void {
  stage.switchOff(SharedDocument.prototype, 'digest', () => () => new Uint8Array(16).fill(5))
}

const staleOrWrong: Attack = {
  number: 31,
  name: 'a stale checkpoint; one whose text does not match its hash',
  guard: 'the comparison of the digest',
  transports: ['memory'],
  async play(stage) {
    const ground = await stage.ground()
    const party = await gather(ground)
    const mallory = await Villain.enlist(ground, party, 'editor')
    const before = contentOf(party.ada.doc)
    const stale = mallory.writer()
    const { document, heads } = honestly(mallory)
    const digest = document.digest(mallory.crypto)
    const old = { heads, free: [], digest, state: { kind: 'inline', bytes: document.encodeState() } } as const
    party.ada.doc.getText('main').insert(0, 'newer than any checkpoint. ')
    await until('Ben has it', () => textOf(party.ben) === textOf(party.ada))
    const after = contentOf(party.ada.doc)
    const link = await mallory.link(party.ada)
    link.sendEntries([stale.write(encodeCheckpoint(old), 'checkpoint')])
    stage.expect((await link.settle()) === 'open', 'a stale checkpoint closed a link')
    stage.expect(contentOf(party.ada.doc) === after && after !== before, 'a stale checkpoint was taken')
    link.close()
    switchOffAdoption(stage)
    await sendLie(stage, party, mallory, BAD_DIGEST)
    await expectUnharmed(stage, party, after)
  },
}

const liars: Attack = {
  number: 47,
  name: 'a checkpoint with forged words, squatted clocks or parked entries, its hash in order',
  guard: 'the comparison with what is known',
  transports: ['memory'],
  async play(stage) {
    const ground = await stage.ground()
    const party = await gather(ground)
    const mallory = await Villain.enlist(ground, party, 'editor')
    const before = contentOf(party.ada.doc)
    if (stage.guard === 'off') return pastTheLog(stage, mallory)
    for (const lie of [FORGED, SQUATTED, UNLISTED, PARKED]) await sendLie(stage, party, mallory, lie)
    await expectUnharmed(stage, party, before)
    await expectNewcomerRecovers(stage, ground)
  },
}

/** What a provider does that loads a state because its hash is in order. */
function pastTheLog(stage: Stage, mallory: Villain): void {
  const { document } = honestly(mallory)
  const { state } = forgedWords(mallory, document.encodeState())
  const doc = new Doc()
  if (state.kind === 'inline') applyUpdate(doc, state.bytes)
  const isSame = encodeStateVector(doc).join() === encodeStateVector(document.doc).join()
  stage.expect(
    !isSame || encodeStateAsUpdate(doc).length === 0,
    `it holds "${doc.getText('main')}" under honest ids`,
  )
}

/** Cleo meets Mallory alone and has to believe; when the owner comes, she learns better. */
async function expectNewcomerRecovers(stage: Stage, ground: Ground): Promise<void> {
  const party = await gather(ground)
  const mallory = await Villain.enlist(ground, party, 'editor')
  const { url } = await party.ada.invite({ role: 'editor' })
  await mallory.learnRoster(party.ada)
  await party.ada.saved()
  await Promise.all([party.ada.leave(), party.ben.leave()])
  const admitting = admitAs(mallory, ground, url)
  const joining = ground.device().api.joinSession(url, { name: 'Cleo' })
  const link = await admitting
  const { checkpoint: entry, said } = lieWith(mallory, ({ state }) => forgedWords(mallory, state))
  serve(mallory, link, entry, said)
  const cleo = await joining
  stage.expect(
    textOf(cleo).includes('FORGED WORDS'),
    `the scene: Cleo should believe, and reads "${textOf(cleo)}"`,
  )
  const told: string[] = []
  cleo.on('violation', ({ detail }) => told.push(detail))
  const ada = await party.adasDevice.api.openSession(party.ada.localId)
  const knows = (): boolean => textOf(cleo) === textOf(ada) && textOf(cleo).includes(HONEST_TEXT)
  stage.expect(
    await comesTrue(knows, 15_000),
    `Cleo reads "${textOf(cleo)}", Ada "${textOf(ada)}", told ${told}`,
  )
  stage.expect(
    told.some((line) => line.includes('Mallory')),
    'Cleo was not told whose checkpoint it was',
  )
  await expectConverging(stage, { ...party, ada, ben: cleo })
}

export const CHECKPOINT_ATTACKS: readonly Attack[] = [staleOrWrong, liars]
