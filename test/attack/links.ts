/**
 * Attacks below the messages: a man in the middle of the channel, records that are not the next ones, frames that
 * never end, handshakes that never begin.
 */
import { idOf } from '../../src/base/ids.ts'
import { startNoise } from '../../src/crypto/noise.ts'
import { openRecord, sealRecord, startDirection } from '../../src/protocol/direction.ts'
import { prologueOf } from '../../src/protocol/handshake.ts'
import type { Environment } from '../../src/session/environment.ts'
import { readInvite } from '../../src/session/joining.ts'
import { Porch } from '../../src/session/porch.ts'
import { Signaling } from '../../src/session/signaling.ts'
import type { Channel, Dial, Dialer, DialOptions } from '../../src/transport/port.ts'
import { inviteKeys } from '../../src/wire/invite-link.ts'
import { MAX_HANDSHAKES } from '../../src/wire/limits.ts'
import { type LinkRecord, MAX_RECORD_PAYLOAD_BYTES } from '../../src/wire/record.ts'
import { comesTrue, type Ground } from './ground.ts'
import { HostileLink } from './hostile-link.ts'
import { contentOf, expectUnharmed, gather, type Party, textOf } from './party.ts'
import type { Attack, Stage } from './stage.ts'
import { Villain } from './villain.ts'

// The man in the middle ----------------------------------------------------------------------------------------

interface Middle {
  readonly dialer: Dialer
  /** Sizes of the messages that passed, oldest first. */
  readonly passed: number[]
  isOver: boolean
}

/** Both sides reach him and not each other: every dial becomes two, and he passes everything on. */
function middleOf(real: Dialer): Middle {
  const middle: Middle = {
    dialer: { dial: (options) => new MiddleDial(real, options, middle) },
    passed: [],
    isOver: false,
  }
  return middle
}

/** Near: the end to the side whose dial this is. Far: the end to the other side, who is reached first, because
 *  the near side's signaling ends when its channel opens. */
class MiddleDial implements Dial {
  readonly #middle: Middle
  readonly #dials: Readonly<Record<'near' | 'far' | 'victim', Dial>>
  readonly #ends: Partial<Record<'near' | 'far', Channel>> = {}
  readonly #kept: Uint8Array[] = []

  constructor(real: Dialer, options: DialOptions, middle: Middle) {
    this.#middle = middle
    const { iceServers, initiator, onSignal } = options
    const onFailed = (): void => {}
    const onOpen = (end: 'near' | 'far') => (channel: Channel) => this.#opened(end, channel)
    const toVictim = (signal: Uint8Array): void => this.#dials.victim.signal(signal)
    this.#dials = {
      near: real.dial({
        iceServers,
        onFailed,
        initiator: !initiator,
        onSignal: toVictim,
        onOpen: onOpen('near'),
      }),
      far: real.dial({ iceServers, onFailed, initiator, onSignal, onOpen: onOpen('far') }),
      victim: real.dial({ ...options, onSignal: (signal) => this.#fromVictim(signal) }),
    }
  }

  signal(signal: Uint8Array): void {
    this.#dials.far.signal(signal)
  }

  abort(): void {
    for (const dial of Object.values(this.#dials)) dial.abort()
  }

  #fromVictim(signal: Uint8Array): void {
    if (this.#ends.far === undefined) this.#kept.push(signal)
    else this.#dials.near.signal(signal)
  }

  #opened(end: 'near' | 'far', channel: Channel): void {
    this.#ends[end] = channel
    if (end === 'far') for (const signal of this.#kept.splice(0)) this.#dials.near.signal(signal)
    const { near, far } = this.#ends
    if (near === undefined || far === undefined) return
    this.#passOn(near, far)
    this.#passOn(far, near)
  }

  #passOn(from: Channel, to: Channel): void {
    from.listen({
      message: (bytes) => {
        this.#middle.passed.push(bytes.length)
        to.send(bytes)
      },
      drained: () => {},
      closed: () => {
        this.#middle.isOver = true
        to.close()
      },
    })
  }
}

/** As if the fingerprints stood in no prologue. */
function blind(dialer: Dialer): Dialer {
  const nobody = new Uint8Array(32)
  const blinded = (channel: Channel): Channel => ({
    localFingerprint: nobody,
    remoteFingerprint: nobody,
    maxMessageBytes: channel.maxMessageBytes,
    get bufferedBytes() {
      return channel.bufferedBytes
    },
    send: (message) => channel.send(message),
    wakeBelow: (bytes) => channel.wakeBelow(bytes),
    listen: (listener) => channel.listen(listener),
    close: () => channel.close(),
    route: () => channel.route(),
  })
  return {
    dial: (options) => dialer.dial({ ...options, onOpen: (channel) => options.onOpen(blinded(channel)) }),
  }
}

const FIRST_MESSAGE_BYTES = 48

const swappedFingerprints: Attack = {
  number: 1,
  name: 'signaling swaps both DTLS fingerprints: a full man in the middle',
  guard: 'the fingerprints in the prologue',
  transports: ['memory', 'webrtc'],
  async play(stage) {
    const ground = await stage.ground()
    const honest = stage.guard === 'on' ? (dialer: Dialer) => dialer : blind
    const party = await gather(ground, { honest: { dialer: honest(ground.network.dialer) } })
    const before = contentOf(party.ada.doc)
    const middle = middleOf(ground.network.dialer)
    const { url } = await party.ada.invite({ role: 'editor' })
    let outcome = 'knocking'
    ground
      .device({ dialer: honest(middle.dialer) })
      .api.openInvitation(url)
      .then(
        (invitation) => {
          outcome = `he passes on an invitation of ${invitation.inviter}`
          invitation.decline()
        },
        () => {
          outcome = 'nobody there'
        },
      )
    await comesTrue(() => middle.isOver || outcome.startsWith('he passes'), 10_000)
    stage.expect(!outcome.startsWith('he passes'), outcome)
    stage.expect(
      middle.passed.join() === `${FIRST_MESSAGE_BYTES}`,
      `messages of ${middle.passed} bytes passed`,
    )
    stage.expectGuarded(middle.isOver, 'the link through him stays open')
    await expectUnharmed(stage, party, before)
  },
}

// Records and frames -------------------------------------------------------------------------------------------

const PING: LinkRecord = { kind: 'ping', number: 7 }

const wrongRecords: Attack = {
  number: 26,
  name: 'records repeated, left out, in another order, with one bit changed',
  guard: 'the counter under the seal',
  transports: ['memory'],
  async play(stage) {
    const ground = await stage.ground()
    const { openCounted } = ground.crypto
    const forgiving: typeof openCounted = (key, counter, ad, sealed) => {
      for (let any = 0; any < counter + 4; any++) {
        const plain = openCounted(key, any, ad, sealed)
        if (plain !== undefined) return plain
      }
      return undefined
    }
    const lax = { ada: { crypto: { ...ground.crypto, openCounted: forgiving } } }
    const party = await gather(ground, stage.guard === 'off' ? lax : {})
    const mallory = await Villain.enlist(ground, party, 'viewer')
    const before = contentOf(party.ada.doc)
    const flipped = (bytes: Uint8Array): Uint8Array => bytes.map((byte, at) => (at === 3 ? byte ^ 4 : byte))
    const plays: readonly ((link: HostileLink) => Uint8Array[])[] = [
      (link) => [link.seal(PING)].flatMap((sealed) => [sealed, sealed]),
      (link) => [link.seal(PING), link.seal(PING)].slice(1),
      (link) => [link.seal(PING), link.seal(PING)].reverse(),
      (link) => [flipped(link.seal(PING))],
      (link) => [link.seal(PING).slice(0, -1)],
    ]
    for (const records of plays) {
      const told = party.told.length
      const link = await mallory.link(party.ada)
      await link.settle()
      for (const record of records(link)) link.sendBytes(record)
      stage.expect((await link.settle()) === 'closed', 'a record that is not the next one was taken')
      stage.expectGuarded(party.told.length > told, 'nobody was told of a forged record')
      link.close()
    }
    await expectUnharmed(stage, party, before)
  },
}

const MIB = 1024 * 1024

const endlessFrames: Attack = {
  number: 27,
  name: 'records that are missing, never finished, 1,000 of them in both lanes, a length of 4 GiB',
  guard: 'the bound on a frame',
  transports: ['memory'],
  async play(stage) {
    const ground = await stage.ground()
    if (stage.guard === 'off') return withoutBound(stage, ground)
    const party = await gather(ground)
    const mallory = await Villain.enlist(ground, party, 'viewer')
    const before = contentOf(party.ada.doc)
    const endless = await mallory.link(party.ada)
    let taken = 0
    for (; taken < 2_000 && endless.isOpen; taken++) {
      endless.sendRecord(unfinished(taken))
      if (taken % 8 === 0) await nextTurn()
    }
    const held = taken * MAX_RECORD_PAYLOAD_BYTES
    stage.expect((await endless.settle()) === 'closed', 'frames without an end were taken')
    // 8 records a turn are under way when the link closes
    stage.expect(held <= 2 * MIB + 12 * MAX_RECORD_PAYLOAD_BYTES, `${held} bytes were held`)
    const lengths = await mallory.link(party.ada)
    // a message of type "roster" that says its first record has 4 GiB
    lengths.sendFrame(Uint8Array.of(4, 1, 128, 128, 128, 128, 16))
    stage.expect((await lengths.settle()) === 'closed', 'a length of 4 GiB was believed')
    stage.expect(party.told.length >= 2, 'nobody was told')
    const oversized = await mallory.link(party.ada)
    oversized.sendBytes(new Uint8Array(200_000))
    stage.expect((await oversized.settle()) === 'closed', 'a record beyond the limit was taken')
    await expectUnharmed(stage, party, before)
  },
}

function unfinished(number: number): LinkRecord {
  const payload = new Uint8Array(MAX_RECORD_PAYLOAD_BYTES).fill(6)
  return { kind: 'data', lane: number % 2 === 0 ? 'live' : 'bulk', last: false, payload }
}

/** The same records, opened by the same cores, their parts joined by somebody who waits for the last one. */
function withoutBound(stage: Stage, { crypto }: Ground): void {
  const key = crypto.randomBytes(32)
  const [sending, receiving] = [startDirection(key.slice(), 0), startDirection(key.slice(), 0)]
  const held: Uint8Array[] = []
  for (let number = 0; number < 100; number++) {
    const record = openRecord(crypto, receiving, sealRecord(crypto, sending, unfinished(number), 0), 0)
    if (!('violation' in record) && record.kind === 'data' && !record.last) held.push(record.payload)
  }
  const bytes = held.reduce((sum, part) => sum + part.length, 0)
  stage.expect(bytes <= 2 * MIB, `${bytes} bytes are held for frames that never end`)
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

// Handshakes ---------------------------------------------------------------------------------------------------

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
    stage.switchOff(Porch.prototype, 'enter', () => () => {})
    const crowd = await knockers(ground, url, HALF_OPEN)
    const isHeard = await comesTrue(() => crowd.opened.length === HALF_OPEN, 10_000)
    stage.expect(isHeard, `only ${crowd.opened.length} of ${HALF_OPEN} channels opened`)
    await nextTurn()
    stage.expect(crowd.open() <= MAX_HANDSHAKES, `${crowd.open()} handshakes are under way at once`)
    await expectGarbageEnds(stage, ground, url)
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

interface Crowd {
  readonly opened: Channel[]
  /** Channels Ada has not closed. */
  open(): number
  end(): void
}

/** Opens channels with the invite's topic, and says nothing on them. */
async function knockers(ground: Ground, url: string, count: number): Promise<Crowd> {
  const opened: Channel[] = []
  const closed = new Set<Channel>()
  const crowd: Signaling[] = []
  for (let number = 0; number < count; number++) {
    crowd.push(
      knockWith(ground, url, (channel) => {
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

/** A newcomer by its hello, who then does with the channel to Ada what it likes. */
function knockWith(ground: Ground, url: string, opened: (channel: Channel) => void): Signaling {
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
        join: new Uint8Array(0),
      },
      welcomes: ({ side }) => side === 'member',
      opened,
      failed: () => {},
      mismatched: () => {},
    },
  ])
  signaling.start()
  return signaling
}

async function expectGarbageEnds(stage: Stage, ground: Ground, url: string): Promise<void> {
  for (let time = 0; time < 5; time++) {
    let ended = false
    const knocker = knockWith(ground, url, (channel) => {
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

export const LINK_ATTACKS: readonly Attack[] = [
  swappedFingerprints,
  wrongRecords,
  endlessFrames,
  handshakeFlood,
  strippedVersion,
]
