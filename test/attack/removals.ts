/** Attacks on removal by whoever was removed, and by accomplices who stayed. */
import type { DeviceId } from '../../src/base/ids.ts'
import { Roster } from '../../src/protocol/roster.ts'
import { bindingOf } from '../../src/session/admission.ts'
import { readInvite } from '../../src/session/joining.ts'
import type { Session } from '../../src/session/public.ts'
import { encodeAdoption } from '../../src/wire/adoption.ts'
import { admit, encodeJoin, requestJoin } from '../../src/wire/certificate.ts'
import type { Entry } from '../../src/wire/entry.ts'
import { inviteKeys } from '../../src/wire/invite-link.ts'
import { struct, updateOf } from '../doc/tools.ts'
import { comesTrue, type Ground, until } from './ground.ts'
import type { HostileLink } from './hostile-link.ts'
import { contentOf, expectConverging, expectUnharmed, gather, type Party, textOf } from './party.ts'
import type { Attack, Stage } from './stage.ts'
import { type HostileWriter, Villain } from './villain.ts'

const SECRET = ' not for Mallory'

/** Removed, and everybody who stays knows. */
async function remove({ ada, ben }: Party, device: DeviceId): Promise<void> {
  await ada.remove(device)
  await until('Ben knows of the removal', () => ben.members.every((member) => member.device !== device))
}

const comesBack: Attack = {
  number: 11,
  name: 'a removed member comes back with the old key and the old link',
  guard: 'who is a member, by the roster of whoever answers',
  transports: ['memory', 'webrtc'],
  async play(stage) {
    const ground = await stage.ground()
    const party = await gather(ground)
    const mallory = await Villain.enlist(ground, party, 'editor')
    const { url } = await party.ada.invite({ role: 'editor', uses: 9 })
    await remove(party, mallory.device)
    party.ada.doc.getText('main').insert(party.ada.doc.getText('main').length, SECRET)
    await until('Ben reads on', () => textOf(party.ben).endsWith(SECRET))
    const before = contentOf(party.ada.doc)
    for (const name of ['roleOf', 'roleAt'] as const)
      stage.switchOff(
        Roster.prototype,
        name,
        (original) =>
          function (this: Roster, ...given: [DeviceId, number]) {
            return original.apply(this, given) ?? 'editor'
          } as never,
      )
    for (const victim of [party.ada, party.ben]) await expectShut(stage, mallory, victim)
    const outcome = await ground
      .device()
      .api.joinSession(url, { name: 'Mallory' })
      .then(
        () => 'in',
        (error: Error) => error.name,
      )
    stage.expectGuarded(outcome === 'InviteRevoked', `the old link ended with ${outcome}`)
    await expectUnharmed(stage, party, before)
  },
}

/** Neither a link comes about, nor is anything said on it. */
async function expectShut(stage: Stage, mallory: Villain, victim: Session): Promise<void> {
  const links: HostileLink[] = []
  mallory.link(victim).then(
    (link) => links.push(link),
    () => undefined, // refused at the first message: as it should be
  )
  const isIn = await comesTrue(() => links.length > 0, stage.guard === 'on' ? 1_000 : 8_000)
  if (isIn) await links[0]?.settle()
  stage.expect(!isIn, `${victim.me.name} let her in and said ${links[0]?.heard.map(({ type }) => type)}`)
  for (const link of links) link.close()
  mallory.leaveTopics()
}

// Accomplices --------------------------------------------------------------------------------------------------

const graffiti = (writer: HostileWriter, change: Partial<Entry> = {}): Entry =>
  writer.write(updateOf(writer.clientID, 0, struct({ parent: 'main', text: 'graffiti ' })), 'edit', change)

interface Conspiracy {
  readonly party: Party
  readonly mallory: Villain
  readonly accomplice: Villain
  /** Where the roster stood before Mallory was removed. */
  readonly past: number
  readonly before: string
}

/** Mallory was removed, and hears all from somebody who may edit. */
async function conspire(ground: Ground): Promise<Conspiracy> {
  const party = await gather(ground)
  const accomplice = await Villain.enlist(ground, party, 'editor')
  const mallory = await Villain.enlist(ground, party, 'editor')
  await accomplice.learnRoster(party.ada)
  const past = mallory.roster.seq
  await remove(party, mallory.device)
  await accomplice.learnRoster(party.ada)
  accomplice.keyring.learn(accomplice.roster)
  return { party, mallory, accomplice, past, before: contentOf(party.ada.doc) }
}

const relayedByAccomplice: Attack = {
  number: 12,
  name: "a removed member's new entries, relayed by an accomplice who may edit, and adopted by it",
  guard: "the writer's role at the entry's place in the roster",
  transports: ['memory'],
  async play(stage) {
    const { party, mallory, accomplice, before } = await conspire(await stage.ground())
    stage.switchOff(
      Roster.prototype,
      'roleAt',
      (original) =>
        function (this: Roster, device, rosterSeq) {
          return original.call(this, device, rosterSeq) ?? 'editor'
        },
    )
    stage.switchOff(Roster.prototype, 'isConcerned', () => () => false)
    const { records, joins } = accomplice.roster.encoded()
    mallory.roster.take(records, joins)
    mallory.keyring.update({ epochKeys: accomplice.keyring.stored.epochKeys }) // handed over by the accomplice
    const writer = mallory.writer()
    const link = await accomplice.link(party.ada)
    link.sendEntries([graffiti(writer)])
    await link.settle()
    await expectUnharmed(stage, party, before)
    if (stage.guard === 'off') return
    const own = accomplice.writer()
    const { device } = mallory
    const adopted = encodeAdoption([
      { device, writer: writer.id, seq: writer.seq, id: writer.prev as Entry['id'] },
    ])
    link.sendEntries([own.write(adopted, 'adopt')])
    await link.settle()
    link.close()
    stage.expect(!textOf(party.ada).includes('graffiti'), 'what was written after the removal was adopted')
    await expectConverging(stage, party)
  },
}

const backdated: Attack = {
  number: 13,
  name: 'a removed member backdates entries and an admission; an accomplice relays both',
  guard: 'the cut, and that Joins no record names are dropped',
  transports: ['memory'],
  async play(stage) {
    const ground = await stage.ground()
    const { party, mallory, accomplice, past, before } = await conspire(ground)
    stage.switchOff(Roster.prototype, 'isConcerned', () => () => false)
    const writer = mallory.writer()
    const link = await accomplice.link(party.ada)
    link.sendEntries([graffiti(writer, { rosterSeq: past })])
    const zed = await admitBackdated(ground, party, mallory, past)
    link.send({ type: 'roster', records: [], joins: [zed.join] })
    await link.settle()
    const isMember = (session: Session): boolean =>
      session.members.some((member) => member.device === zed.device)
    stage.expect(![party.ada, party.ben].some(isMember), 'the backdated admission counts')
    await expectUnharmed(stage, party, before)
    if (stage.guard === 'on') await expectActOfAccomplice(stage, party, { accomplice, link, writer, mallory })
    link.close()
  },
}

/** Somebody with proofs in order, by a link from before, countersigned as if it were then. */
async function admitBackdated(ground: Ground, { ada }: Party, mallory: Villain, past: number) {
  const { crypto } = ground
  const made = mallory.roster.records.find(({ content }) => content.type === 'invite')?.content
  const seed = made?.type === 'invite' ? mallory.keyring.openSeed(made.sealedSeed) : undefined
  const url = ada.invites[0]?.url
  const keys = inviteKeys(crypto, seed ?? readInvite(ground.device().environment, url ?? '').seed)
  const [sign, dh] = [crypto.signKeys(), crypto.dhKeys()]
  const certificate = { signPk: sign.publicKey, dhPk: dh.publicKey, name: 'Zed', color: 1 }
  const handshake = bindingOf(crypto, crypto.randomBytes(32))
  const proven = requestJoin(
    crypto,
    mallory.roster.session,
    { certificate, invite: keys.invite, handshake },
    { invite: keys.sign, device: sign },
  )
  const join = admit(crypto, mallory.roster.session, proven, {
    ...{ device: mallory.device, rosterSeq: past, sign: mallory.keyring.sign },
  })
  const roster = new Roster(crypto, mallory.roster.session)
  const { records, joins } = mallory.roster.encoded()
  roster.take(records, [...joins, encodeJoin(join)])
  const device = roster.devices().find((one) => roster.certificateOf(one)?.name === 'Zed')
  if (device === undefined) throw new Error('the scene admits nobody')
  return { device, join: encodeJoin(join) }
}

/** What may be adopted becomes the adopter's own act: the same on every screen. */
async function expectActOfAccomplice(
  stage: Stage,
  party: Party,
  scene: { accomplice: Villain; link: HostileLink; writer: HostileWriter; mallory: Villain },
): Promise<void> {
  const { accomplice, link, writer, mallory } = scene
  const chain = { device: mallory.device, writer: writer.id, seq: writer.seq, id: writer.prev as Entry['id'] }
  link.sendEntries([accomplice.writer().write(encodeAdoption([chain]), 'adopt')])
  const isThere = (session: Session): boolean => textOf(session).includes('graffiti')
  stage.expect(
    await comesTrue(() => isThere(party.ada) && isThere(party.ben)),
    'an adoption by somebody who may edit is not the same for everybody',
  )
  await expectConverging(stage, party)
}

export const REMOVAL_ATTACKS: readonly Attack[] = [comesBack, relayedByAccomplice, backdated]
