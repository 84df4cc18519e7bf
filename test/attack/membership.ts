/** Attacks on who belongs to a session and as what: invites that are over, links with other bytes. */
import { concat, EMPTY, fromBase64url, toBase64url, toUtf8 } from '../../src/base/bytes.ts'
import type { Clock } from '../../src/base/ports.ts'
import { Roster } from '../../src/protocol/roster.ts'
import type { Invite } from '../../src/session/public.ts'
import type { JoinRequest } from '../../src/wire/certificate.ts'
import { comesTrue, type Ground, until } from './ground.ts'
import { knock } from './knocking.ts'
import { contentOf, expectUnharmed, gather, type Party } from './party.ts'
import type { Attack, Stage } from './stage.ts'

const HOUR_MS = 3_600_000

/** A clock that somebody can set. */
function settableClock(clock: Clock): { readonly clock: Clock; ahead: number } {
  const settable = { ahead: 0, clock: { ...clock, now: () => clock.now() + settable.ahead } }
  return settable
}

const closedInvites: Attack = {
  number: 8,
  name: 'an invite that is expired, revoked or used up; the joiner sets its clock back',
  guard: "the admitter's look at the invite",
  transports: ['memory'],
  async play(stage) {
    const ground = await stage.ground()
    const adasTime = settableClock(ground.device().environment.clock)
    const party = await gather(ground, { ada: { clock: adasTime.clock } })
    const before = contentOf(party.ada.doc)
    const expired = await party.ada.invite({ role: 'editor', expiresIn: HOUR_MS })
    const revoked = await party.ada.invite({ role: 'editor' })
    const used = await party.ada.invite({ role: 'editor', uses: 1 })
    const first = await ground.device().api.joinSession(used.url, { name: 'Cleo' })
    await first.leave()
    await party.ada.revoke(revoked.id)
    adasTime.ahead = 2 * HOUR_MS
    switchInvitesOpen(stage, adasTime)
    await expectRefused(stage, ground, party, expired, 'InviteExpired')
    await expectRefused(stage, ground, party, revoked, 'InviteRevoked')
    await expectRefused(stage, ground, party, used, 'InviteUsed')
    await expectUnharmed(stage, party, before)
  },
}

function switchInvitesOpen(stage: Stage, adasTime: { ahead: number }): void {
  if (stage.guard === 'off') adasTime.ahead = 0
  stage.switchOff(Roster.prototype, 'usesOf', () => () => 0)
  stage.switchOff(
    Roster.prototype,
    'inviteAt',
    () =>
      function (this: Roster, invite) {
        const record = this.records.find(
          ({ content }) => content.type === 'invite' && content.invite === invite,
        )
        return record?.content.type === 'invite' ? record.content : undefined
      },
  )
}

/** By the product's own joiner, its clock a year slow, and by one that sends its proof although it was refused. */
async function expectRefused(
  stage: Stage,
  ground: Ground,
  party: Party,
  invite: Invite,
  because: string,
): Promise<void> {
  const members = party.ada.members.length
  const slow = settableClock(ground.device().environment.clock)
  slow.ahead = -365 * 24 * HOUR_MS
  const outcome = await ground
    .device({ clock: slow.clock })
    .api.joinSession(invite.url, { name: 'Mallory' })
    .then(
      () => 'it joined',
      (error: Error) => error.name,
    )
  stage.expect(outcome === because, `${outcome} instead of ${because}`)
  const knocked = await knock(ground, invite.url, party.ada)
  knocked.link.send({ type: 'join', request: knocked.request({}) })
  await knocked.link.settle()
  const isWelcome = knocked.link.heard.some(({ type }) => type === 'welcome')
  stage.expect(!isWelcome, 'who sends its proof all the same is welcome')
  stage.expect(party.ada.members.length === members, 'somebody joined')
  knocked.end()
}

const editedLink: Attack = {
  number: 9,
  name: "a view link's bytes edited to make an editor of whoever opens it",
  guard: 'the role in the roster',
  transports: ['memory'],
  async play(stage) {
    const ground = await stage.ground()
    const party = await gather(ground)
    const { url } = await party.ada.invite({ role: 'viewer' })
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
    const device = ground.device()
    const outcomes = new Set<string>()
    for (const edited of editsOf(ground, url)) {
      const outcome = await device.api.openInvitation(edited).then(
        (invitation) => {
          invitation.decline()
          return invitation.role as string
        },
        (error: Error) => error.name,
      )
      outcomes.add(outcome)
    }
    stage.expect(
      [...outcomes].sort().join() === 'InviteMalformed,viewer',
      `edited links gave ${[...outcomes]}`,
    )
    const before = contentOf(party.ada.doc)
    const mallory = await device.api.joinSession(url, { name: 'Mallory' })
    stage.expect(!mallory.canEdit, 'Mallory may edit')
    mallory.doc.getText('main').insert(0, 'graffiti ')
    await until('Mallory has left', () => mallory.peers.length === 2)
    await expectRolesKept(stage, party)
    await expectUnharmed(stage, party, before)
  },
}

async function expectRolesKept(stage: Stage, party: Party): Promise<void> {
  const role = party.ada.members.find(({ name }) => name === 'Mallory')?.role
  stage.expect(role === 'viewer', `Ada's roster has Mallory as ${role}`)
  if (stage.guard === 'off') await comesTrue(() => contentOf(party.ada.doc).includes('graffiti'))
}

/** Each bit of the flags turned, and a roster that is older, each with a checksum that fits. */
function editsOf({ crypto }: Ground, url: string): string[] {
  const bytes = fromBase64url(url.slice(url.indexOf('#') + 1)) ?? EMPTY
  const inside = bytes.subarray(0, bytes.length - 4)
  const flagsAt = 1 + 16 + 1 + 16
  const withChecksum = (changed: Uint8Array): string => {
    const checksum = crypto.hash(16, toUtf8('coterie/1/link'), changed).subarray(0, 4)
    return `https://town.example/#${toBase64url(concat(changed, checksum))}`
  }
  const flip = (at: number, bit: number): Uint8Array =>
    inside.map((byte, i) => (i === at ? byte ^ (1 << bit) : byte))
  const older = inside.map((byte, at) => (at === 1 + 16 ? 0 : byte))
  return [older, ...Array.from({ length: 8 }, (_, bit) => flip(flagsAt, bit))].map(withChecksum)
}

const replayedProof: Attack = {
  number: 7,
  name: 'a captured join proof replayed with other device keys',
  guard: 'the signatures of a join',
  transports: ['memory'],
  async play(stage) {
    const ground = await stage.ground()
    const lax = { crypto: { ...ground.crypto, verify: () => true } }
    const party = await gather(ground, stage.guard === 'off' ? { ada: lax } : {})
    const before = contentOf(party.ada.doc)
    const members = party.ada.members.length
    const { url } = await party.ada.invite({ role: 'editor', uses: 100 })
    const honest = await knock(ground, url, party.ada)
    const captured = honest.request({})
    honest.end()
    const own = ground.crypto.signKeys()
    for (const replay of [
      // as it was
      () => captured,
      // as if it had been made for this link, with another device's keys
      (here: JoinRequest) => ({ ...here, ...proofsOf(captured) }),
      (here: JoinRequest) => ({
        ...here,
        ...proofsOf(captured),
        certificate: { ...here.certificate, signPk: own.publicKey },
      }),
    ]) {
      const told = party.told.length
      const knocked = await knock(ground, url, party.ada)
      knocked.link.send({ type: 'join', request: replay(knocked.request({})) })
      stage.expectGuarded((await knocked.link.settle()) === 'closed', 'a replayed proof was forgiven')
      stage.expectGuarded(party.told.length > told, 'nobody was told of a replayed proof')
      knocked.end()
    }
    stage.expect(party.ada.members.length === members, 'who replays a proof is a member')
    await expectUnharmed(stage, party, before)
  },
}

function proofsOf({
  inviteProof,
  deviceProof,
}: JoinRequest): Pick<JoinRequest, 'inviteProof' | 'deviceProof'> {
  return { inviteProof, deviceProof }
}

export const MEMBERSHIP_ATTACKS: readonly Attack[] = [replayedProof, closedInvites, editedLink]
