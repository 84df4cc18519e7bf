/**
 * Attacks with entries: written by who may not, changed on the way, said twice, out of order.
 */

import { applyUpdate, Doc } from 'yjs'
import { idOf } from '../../src/base/ids.ts'
import { Roster } from '../../src/protocol/roster.ts'
import type { Session } from '../../src/session/public.ts'
import { type Entry, openEntry } from '../../src/wire/entry.ts'
import { isViolation } from '../../src/wire/violation.ts'
import { struct, updateOf } from '../doc/tools.ts'
import { until } from './ground.ts'
import { contentOf, expectUnharmed, gather, HONEST_TEXT, type Party, textOf } from './party.ts'
import type { Attack, Stage } from './stage.ts'
import { HostileWriter, type Stolen, stealKeys, Villain } from './villain.ts'

const viewerWrites: Attack = {
  number: 15,
  name: 'a viewer writes its own entry, to each peer directly',
  guard: 'the role in the roster',
  transports: ['memory', 'webrtc'],
  async play(stage) {
    const ground = await stage.ground()
    const party = await gather(ground)
    const mallory = await Villain.enlist(ground, party, 'viewer')
    const before = contentOf(party.ada.doc)
    stage.switchOff(
      Roster.prototype,
      'roleAt',
      (original) =>
        function (this: Roster, device, rosterSeq) {
          return original.call(this, device, rosterSeq) === 'viewer'
            ? 'editor'
            : original.call(this, device, rosterSeq)
        },
    )
    for (const victim of [party.ada, party.ben]) {
      const writer = mallory.writer()
      const link = await mallory.link(victim)
      link.sendEntries([
        writer.write(updateOf(writer.clientID, 0, struct({ parent: 'main', text: 'graffiti' }))),
      ])
      await link.settle()
      link.close()
    }
    stage.expectGuarded(
      party.told.filter((line) => line.includes('a viewer wrote')).length >= 2,
      'not both were told that Mallory, a viewer, wrote',
    )
    await expectUnharmed(stage, party, before)
  },
}

const changedOnTheWay: Attack = {
  number: 16,
  name: "a viewer sends an editor's entry with one bit changed, cut, sealed anew, or from another session",
  guard: 'the signature of the entry',
  transports: ['memory'],
  async play(stage) {
    const ground = await stage.ground()
    const lax = { crypto: { ...ground.crypto, verify: () => true } }
    const party = await gather(ground, stage.guard === 'off' ? { ada: lax } : {})
    const mallory = await Villain.enlist(ground, party, 'viewer')
    const ben = await asAuthor(party, party.ben, ground)
    const before = contentOf(party.ada.doc)
    const genuine = ben.write(updateOf(ben.clientID, 0, struct({ parent: 'main', text: 'words of Ben' })))
    for (const forged of [...mangled(genuine), resealed(mallory, ben, genuine)]) {
      const told = party.told.length
      const link = await mallory.link(party.ada)
      link.sendEntries([forged])
      const ended = await link.settle()
      const isNamed = ended === 'closed' && party.told.length > told
      stage.expectGuarded(
        isNamed || (ended === 'open' && isElsewhere(forged, genuine)),
        'a changed entry was taken in silence',
      )
      link.close()
    }
    await expectUnharmed(stage, party, before)
  },
}

/** Another device or writer nobody knows: nothing to close a link for, and nothing that counts. */
function isElsewhere(forged: Entry, genuine: Entry): boolean {
  return forged.device !== genuine.device
}

function mangled(entry: Entry): Entry[] {
  const flip = (bytes: Uint8Array, at: number): Uint8Array =>
    bytes.map((byte, i) => (i === at ? byte ^ 1 : byte))
  const flipHex = <Id extends string>(id: Id): Id => `${id.startsWith('0') ? '1' : '0'}${id.slice(1)}` as Id
  const { ciphertext, signature } = entry
  return [
    ...[0, 7, ciphertext.length - 1].map((at) => ({ ...entry, ciphertext: flip(ciphertext, at) })),
    ...[0, 31, 32, 63].map((at) => ({ ...entry, signature: flip(signature, at) })),
    { ...entry, ciphertext: ciphertext.slice(0, -1) },
    { ...entry, rosterSeq: entry.rosterSeq + 1 },
    { ...entry, kind: 'profile' as const },
    { ...entry, writer: flipHex(entry.writer) },
    { ...entry, device: flipHex(entry.device) },
    { ...entry, seq: 2, prev: idOf<Entry['prev']>(new Uint8Array(32).fill(1)) },
  ]
}

/** Ben's place in his own chain, other words, sealed by the key every member has; only the signature is not Ben's. */
function resealed(mallory: Villain, ben: HostileWriter, genuine: Entry): Entry {
  const forger = new HostileWriter(mallory, ben.id)
  const update = updateOf(ben.clientID, 0, struct({ parent: 'main', text: 'I RESIGN' }))
  return { ...forger.write(update, 'edit', { device: genuine.device }), signature: genuine.signature }
}

/** A writer with the keys of an honest person: another run of that device. */
async function asAuthor(
  party: Party,
  session: Session,
  { crypto }: Pick<Villain, 'crypto'>,
): Promise<HostileWriter> {
  const device = session === party.ada ? party.adasDevice : party.bensDevice
  await session.saved()
  const stolen: Stolen = await stealKeys(crypto, device.environment.store, session.localId)
  const entryKey = stolen.keyring.entryKeyAt(stolen.roster, stolen.roster.seq) ?? new Uint8Array(32)
  return new HostileWriter({ crypto, ...stolen, entryKey }, idOf(crypto.randomBytes(8)))
}

const ENTRIES = 30
const TIMES = 100

const shuffledAndRepeated: Attack = {
  number: 17,
  name: 'a viewer relays valid entries reordered and 100 times over',
  guard: 'the log before the document',
  transports: ['memory'],
  async play(stage) {
    const ground = await stage.ground()
    let verified = 0
    const counting = (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean => {
      verified++
      return ground.crypto.verify(publicKey, message, signature)
    }
    const party = await gather(ground, { ada: { crypto: { ...ground.crypto, verify: counting } } })
    const mallory = await Villain.enlist(ground, party, 'viewer')
    const ben = await asAuthor(party, party.ben, ground)
    const words = Array.from({ length: ENTRIES }, (_, at) =>
      ben.write(updateOf(ben.clientID, at, struct(wordAfter(ben.clientID, at)))),
    )
    if (stage.guard === 'off') return pastTheLog(stage, mallory, words)
    const link = await mallory.link(party.ada)
    verified = 0
    for (let time = 0; time < TIMES; time++) {
      for (const entry of time % 2 === 0 ? [...words].reverse() : words) link.sendEntries([entry])
    }
    stage.expect((await link.settle()) === 'open', 'an accomplice who only repeats was taken for a forger')
    const letters = 'abcdefghij'.repeat(ENTRIES / 10)
    const isOnce = [letters + HONEST_TEXT, HONEST_TEXT + letters].includes(textOf(party.ada))
    stage.expect(isOnce, `Ada reads ${textOf(party.ada)}`)
    // each of the first pass waits for the one before it, and is verified then
    stage.expect(verified <= 3 * ENTRIES + 10, `${verified} signatures were verified for ${ENTRIES} entries`)
    await until('Ben has his words too', () => textOf(party.ben) === textOf(party.ada))
    await expectUnharmed(stage, party, contentOf(party.ada.doc))
    link.close()
  },
}

function wordAfter(client: number, at: number): Parameters<typeof struct>[0] {
  const text = 'abcdefghij'[at % 10] as string
  return at === 0 ? { parent: 'main', text } : { origin: { client, clock: at - 1 }, text }
}

/** What a provider does that hands on whatever comes. */
function pastTheLog(stage: Stage, { crypto, entryKey }: Villain, words: readonly Entry[]): void {
  const doc = new Doc()
  for (const entry of [...words].reverse()) {
    const content = openEntry(crypto, entry, entryKey)
    if (isViolation(content)) throw new Error(content.detail)
    applyUpdate(doc, content.body)
    if (doc.store.pendingStructs !== null)
      stage.damage('Yjs holds what it cannot place, and merges it anew each time')
  }
}

export const ENTRY_ATTACKS: readonly Attack[] = [viewerWrites, changedOnTheWay, shuffledAndRepeated]
