/** Attacks on the handshake: never begun, begun with garbage, in another version. */
import { idOf } from '../../src/base/ids.ts'
import { startNoise } from '../../src/crypto/noise.ts'
import { prologueOf } from '../../src/protocol/handshake.ts'
import type { Environment } from '../../src/session/environment.ts'
import { readInvite } from '../../src/session/joining.ts'
import { Porch, type Visit } from '../../src/session/porch.ts'
import type { Session } from '../../src/session/public.ts'
import { Signaling } from '../../src/session/signaling.ts'
import type { Channel } from '../../src/transport/port.ts'
import { inviteKeys } from '../../src/wire/invite-link.ts'
import { MAX_HANDSHAKES, MAX_IN_LINE } from '../../src/wire/limits.ts'
import { comesTrue, type Ground, nextTurn } from './ground.ts'
import { HostileLink } from './hostile-link.ts'
import { contentOf, expectUnharmed, gather, type Party, textOf } from './party.ts'
import type { Attack, Stage } from './stage.ts'
import { Villain } from './villain.ts'

const MIB = 1024 * 1024
const HALF_OPEN = 500

const handshakeFlood: Attack = {
  number: 28,
  name: '1 MiB of random bytes before the handshake; 500 half-open handshakes',
  guard: 'the room on the porch',
  transports: ['memory'],
  async play(stage) {
    const ground = await stage.ground()
    const party = await gather(ground)
    const before = contentOf(party.ada.doc)
    const { url } = await party.ada.invite({ role: 'editor', uses: 2 })
    stage.switchOff(Porch.prototype, 'hasRoom', () => () => true)
    const underWay = watchPorch(stage)
    const crowd = await knockers(ground, url, party.ada, HALF_OPEN)
    const isHeard = await comesTrue(() => crowd.opened.length === HALF_OPEN, 10_000)
    stage.expect(isHeard, `only ${crowd.opened.length} of ${HALF_OPEN} channels opened`)
    await nextTurn()
    stage.expect(underWay() <= MAX_HANDSHAKES, `${underWay()} handshakes are under way at once`)
    const bound = MAX_HANDSHAKES + MAX_IN_LINE
    stage.expect(crowd.open() <= bound, `${crowd.open()} channels are kept open`)
    await expectGarbageEnds(stage, ground, url, party.ada)
    const begun = performance.now()
    const cleo = await ground.device().api.joinSession(url, { name: 'Cleo' })
    const took = performance.now() - begun
    stage.expect(took < 1_000, `an honest join took ${Math.round(took)} ms`)
    stage.expectGuarded(textOf(cleo) === textOf(party.ada), 'Cleo joined and has not got the text')
    crowd.end()
    if (stage.guard === 'off') return
    await expectGarbageHarmless(stage, ground, party)
    await expectUnharmed(stage, party, before)
  },
}

/** @returns how many handshakes were begun and have not ended */
function watchPorch(stage: Stage): () => number {
  const begun: ReturnType<Visit['begin']>[] = []
  stage.replace(
    Porch.prototype,
    'enter',
    (enter) =>
      function (this: Porch, visit: Visit) {
        const begin = (): ReturnType<Visit['begin']> => {
          const link = visit.begin()
          begun.push(link)
          return link
        }
        enter.call(this, { ...visit, begin })
      },
  )
  return () => begun.filter(({ open }) => open).length
}

interface Crowd {
  readonly opened: Channel[]
  /** Channels Ada has not closed. */
  open(): number
  end(): void
}

/** Opens channels with the invite's topic, and says nothing on them. */
async function knockers(ground: Ground, url: string, to: Session, count: number): Promise<Crowd> {
  const opened: Channel[] = []
  const closed = new Set<Channel>()
  const crowd: Signaling[] = []
  for (let number = 0; number < count; number++) {
    crowd.push(
      knockWith(ground, url, to, (channel) => {
        opened.push(channel)
        channel.listen({ message: () => {}, drained: () => {}, closed: () => void closed.add(channel) })
      }),
    )
    if (number % 10 === 0) await nextTurn()
  }
  return { opened, open: () => opened.length - closed.size, end: () => stopAll(crowd) }
}

function stopAll(crowd: readonly Signaling[]): void {
  for (const one of crowd) one.stop()
}

/** A newcomer by its hello, who then does with the channel what it likes. */
function knockWith(ground: Ground, url: string, to: Session, opened: (channel: Channel) => void): Signaling {
  const environment: Environment = ground.device().environment
  const { crypto } = ground
  const keys = inviteKeys(crypto, readInvite(environment, url).seed)
  const signaling = new Signaling(environment, ground.network.signaling, { changed: () => {} })
  signaling.plan([
    {
      keys: keys.topic,
      sealing: keys.sealing,
      self: {
        side: 'newcomer',
        instance: idOf(crypto.randomBytes(8)),
        device: undefined,
        roster: undefined,
      },
      // every editor answers an invite: this one knocks at one door
      welcomes: ({ device }) => device === to.me.device,
      opened,
      failed: () => {},
      mismatched: () => {},
    },
  ])
  signaling.start()
  return signaling
}

async function expectGarbageEnds(stage: Stage, ground: Ground, url: string, to: Session): Promise<void> {
  for (let time = 0; time < 5; time++) {
    let ended = false
    const knocker = knockWith(ground, url, to, (channel) => {
      const closed = (): void => {
        ended = true
      }
      channel.listen({ message: () => {}, drained: () => {}, closed })
      for (let at = 0; at < MIB; at += 65_536) channel.send(ground.crypto.randomBytes(65_536))
    })
    stage.expect(await comesTrue(() => ended), 'random bytes did not end their channel')
    knocker.stop()
  }
}

const MESSAGE_TYPES = 24

/** During the handshake, and after it as messages of every type: each ends its link or is ignored. */
async function expectGarbageHarmless(stage: Stage, ground: Ground, party: Party): Promise<void> {
  const { crypto } = ground
  const mallory = await Villain.enlist(ground, party, 'editor')
  const start = await mallory.dial(party.ada)
  const during = new HostileLink(start)
  during.sendBytes(crypto.randomBytes(112))
  await during.closed
  mallory.leaveTopics()
  for (let time = 0; time < 2 * MESSAGE_TYPES; time++) {
    const link = await mallory.link(party.ada)
    const bytes = crypto.randomBytes(8 + (time % 3) * 64)
    bytes[0] = time % MESSAGE_TYPES
    // counts of one and short lengths lead deeper into a message than random ones
    bytes[1] = 1
    link.sendFrame(bytes)
    await link.settle()
    link.close()
  }
  stage.expect(
    party.told.some((line) => line.startsWith('malformed')),
    'nobody was told of garbage',
  )
}

const strippedVersion: Attack = {
  number: 42,
  name: 'version or limits stripped from the hello',
  guard: 'the version in the prologue',
  transports: ['memory'],
  async play(stage) {
    const ground = await stage.ground()
    if (stage.guard === 'off') return withoutVersion(stage, ground)
    const party = await gather(ground)
    const mallory = await Villain.enlist(ground, party, 'viewer')
    const before = contentOf(party.ada.doc)
    for (const change of [
      (bytes: Uint8Array) => bytes.fill(2, 9, 10), // the version
      (bytes: Uint8Array) => bytes.fill(0, 9, 10),
      (bytes: Uint8Array) => bytes.fill(9, 26, 27), // the kind of psk
    ]) {
      const start = await mallory.dial(party.ada)
      const link = new HostileLink({ ...start, crypto: believing(ground, change) })
      await Promise.race([link.closed, link.proven.catch(() => undefined)])
      stage.expect(!link.isOpen, 'a handshake of another version was finished')
      mallory.leaveTopics()
      link.close()
    }
    await expectUnharmed(stage, party, before)
  },
}

/** Cryptography by which one side hashes another prologue than the other: it is told apart by how it begins. */
function believing({ crypto }: Ground, change: (prologue: Uint8Array) => Uint8Array): Ground['crypto'] {
  const isPrologue = (bytes: Uint8Array): boolean =>
    new TextDecoder().decode(bytes.subarray(2, 9)) === 'coterie'
  return {
    ...crypto,
    hash: (length, ...parts) =>
      crypto.hash(length, ...parts.map((part) => (isPrologue(part) ? change(part.slice()) : part))),
  }
}

/** Two sides that believe to speak different versions, the version in no prologue. */
function withoutVersion(stage: Stage, { crypto }: Ground): void {
  const end = (byte: number) => ({
    instance: idOf<never>(new Uint8Array(8).fill(byte)),
    fingerprint: new Uint8Array(32),
  })
  const psk = new Uint8Array(32)
  const side = (role: 'initiator' | 'responder', version: number) => {
    const keys = { staticKeys: crypto.dhKeys(), ephemeralKeys: crypto.dhKeys() }
    const parts = {
      initiator: end(1),
      responder: end(2),
      psk: { kind: 'invite', ids: psk, key: psk } as const,
    }
    const whole = prologueOf({ ...keys, ...parts, sessionId: idOf(new Uint8Array(16)) })
    whole[9] = version
    const prologue = whole.map((byte, at) => (at === 9 ? 0 : byte))
    return startNoise(crypto, { role, prologue, psk, ...keys })
  }
  const [one, other] = [side('initiator', 1), side('responder', 2)]
  other.read(one.write(psk.subarray(0, 0)))
  one.read(other.write(psk.subarray(0, 0)))
  other.read(one.write(psk.subarray(0, 0)))
  stage.expect(other.turn !== 'finished', 'versions 1 and 2 finished a handshake')
}

export const HANDSHAKE_ATTACKS: readonly Attack[] = [handshakeFlood, strippedVersion]
