/**
 * Attacks on who belongs to a session and as what: invites that are over, links with other bytes, keys no honest
 * device has.
 */
import { concat, EMPTY, fromBase64url, toBase64url, toUtf8 } from '../../src/base/bytes.ts'
import { type InstanceId, idOf } from '../../src/base/ids.ts'
import type { Clock } from '../../src/base/ports.ts'
import type { SignKeys } from '../../src/crypto/crypto.ts'
import { Roster } from '../../src/protocol/roster.ts'
import { bindingOf, invitePskIds } from '../../src/session/admission.ts'
import { readInvite } from '../../src/session/joining.ts'
import type { Invite, Session } from '../../src/session/public.ts'
import { Signaling } from '../../src/session/signaling.ts'
import { admit, encodeJoin, type JoinRequest, requestJoin } from '../../src/wire/certificate.ts'
import { inviteKeys } from '../../src/wire/invite-link.ts'
import { comesTrue, type Ground, until } from './ground.ts'
import { HostileLink, type Proof } from './hostile-link.ts'
import { contentOf, expectUnharmed, gather, type Party } from './party.ts'
import type { Attack, Stage } from './stage.ts'
import { Villain } from './villain.ts'

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

interface Knocked {
  readonly link: HostileLink
  readonly proof: Proof
  /** A join proof for this link, with other parts where they are given. */
  request(change: {
    readonly signPk?: Uint8Array
    readonly dhPk?: Uint8Array
    readonly device?: SignKeys
  }): JoinRequest
  end(): void
}

/** A newcomer's link to Ada, proven by the invite's psk. */
async function knock(ground: Ground, url: string, ada: Session): Promise<Knocked> {
  const { environment } = ground.device()
  const { crypto } = ground
  const link = readInvite(environment, url)
  const keys = inviteKeys(crypto, link.seed)
  const dh = crypto.dhKeys()
  const sign = crypto.signKeys()
  const me = idOf<InstanceId>(crypto.randomBytes(8))
  const signaling = new Signaling(environment, ground.network.signaling, { changed: () => {} })
  const opened = await new Promise<HostileLink>((resolve, reject) => {
    signaling.plan([
      {
        keys: keys.topic,
        sealing: keys.sealing,
        self: { side: 'newcomer', instance: me, device: undefined, join: EMPTY },
        welcomes: ({ device }) => device === ada.me.device,
        opened: (channel, hello, initiator) =>
          resolve(
            new HostileLink({
              ...{ crypto, channel, initiator, me },
              remote: hello.instance,
              session: link.session,
              psk: { kind: 'invite', ids: invitePskIds(keys.invite, ada.me.device), key: keys.psk },
              staticKeys: dh,
            }),
          ),
        failed: (failure) => reject(new Error(failure)),
        mismatched: () => reject(new Error('another version')),
      },
    ])
    signaling.start()
  })
  const proof = await opened.proven
  await until('Ada has answered the knock', () =>
    opened.heard.some(({ type }) => type === 'invitation' || type === 'refusal'),
  )
  return {
    link: opened,
    proof,
    request: ({ signPk = sign.publicKey, dhPk = dh.publicKey, device = sign }) => {
      const certificate = { signPk, dhPk, name: 'Mallory', color: 1 }
      const handshake = bindingOf(crypto, proof.handshakeHash)
      return requestJoin(
        crypto,
        link.session,
        { certificate, invite: keys.invite, handshake },
        { invite: keys.sign, device },
      )
    },
    end: () => {
      signaling.stop()
      opened.close()
    },
  }
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

// Keys no honest device has ------------------------------------------------------------------------------------

/** Identity, a point of small order in a second spelling, and all zero. */
const WEAK_KEYS = [
  Uint8Array.of(1, ...new Uint8Array(31)),
  Uint8Array.of(0xee, ...new Uint8Array(30).fill(0xff), 0x7f),
  new Uint8Array(32),
]
/** R = identity, s = 0: verifies for every message under a key of small order, where nobody looks at the key. */
const SIGNATURE_FOR_ALL = Uint8Array.of(1, ...new Uint8Array(63))

const weakKeys: Attack = {
  number: 25,
  name: 'a certificate with weak public keys, asked for by a newcomer and vouched for by an editor',
  guard: 'the look at keys before anything is built on them',
  transports: ['memory'],
  async play(stage) {
    const ground = await stage.ground()
    const { crypto } = ground
    const isWeak = (key: Uint8Array): boolean =>
      WEAK_KEYS.some((weak) => weak.every((byte, at) => byte === key[at]))
    const lax = {
      ...crypto,
      isSoundSignKey: () => true,
      verify: (key: Uint8Array, message: Uint8Array, signature: Uint8Array) =>
        isWeak(key)
          ? signature.every((byte, at) => byte === SIGNATURE_FOR_ALL[at])
          : crypto.verify(key, message, signature),
    }
    const party = await gather(ground, stage.guard === 'off' ? { honest: { crypto: lax } } : {})
    const before = contentOf(party.ada.doc)
    const mallory = await Villain.enlist(ground, party, 'editor')
    const members = party.ada.members.length
    for (const weak of WEAK_KEYS) {
      const { url } = await party.ada.invite({ role: 'editor' })
      const knocked = await knock(ground, url, party.ada)
      const request = { ...knocked.request({ signPk: weak }), deviceProof: SIGNATURE_FOR_ALL }
      knocked.link.send({ type: 'join', request })
      stage.expect((await knocked.link.settle()) === 'closed', 'a weak signing key was taken')
      knocked.end()
      await vouch(mallory, party, request)
    }
    const weakDh = await party.ada.invite({ role: 'editor' })
    const knocked = await knock(ground, weakDh.url, party.ada)
    knocked.link.send({ type: 'join', request: knocked.request({ dhPk: new Uint8Array(32) }) })
    stage.expect((await knocked.link.settle()) === 'closed', 'a weak agreement key was taken')
    knocked.end()
    stage.expect(party.ada.members.length === members, 'a weak key is a member')
    stage.expectGuarded(party.told.length >= 4, 'nobody was told')
    await expectUnharmed(stage, party, before)
  },
}

/** An editor countersigns what no honest admitter would, and hands it on with the roster. */
async function vouch(mallory: Villain, { ada }: Party, request: JoinRequest): Promise<void> {
  const { crypto, keyring, roster, device } = mallory
  const link = await mallory.link(ada)
  await until('Mallory knows the newest roster', () =>
    link.heard.some(({ type }) => type === 'roster' || type === 'heads'),
  )
  for (const message of link.heard) if (message.type === 'roster') roster.take(message.records, message.joins)
  const join = admit(crypto, keyring.session, request, { device, rosterSeq: roster.seq, sign: keyring.sign })
  const { records } = roster.encoded()
  link.send({ type: 'roster', records, joins: [encodeJoin(join)] })
  await link.settle()
  link.close()
}

export const MEMBERSHIP_ATTACKS: readonly Attack[] = [closedInvites, editedLink, weakKeys]
