import type { Channel, Dial, Dialer, DialOptions } from '../../src/transport/port.ts'
import { comesTrue } from './ground.ts'
import { contentOf, expectUnharmed, gather } from './party.ts'
import type { Attack } from './stage.ts'

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
    // one at each door: an editor answers an invite as the owner does
    const isFirst = middle.passed.every((bytes) => bytes === FIRST_MESSAGE_BYTES)
    stage.expect(
      isFirst && middle.passed.length >= 1 && middle.passed.length <= 2,
      `messages of ${middle.passed} bytes passed`,
    )
    stage.expectGuarded(middle.isOver, 'the link through him stays open')
    await expectUnharmed(stage, party, before)
  },
}

export const MIDDLE_ATTACKS: readonly Attack[] = [swappedFingerprints]
