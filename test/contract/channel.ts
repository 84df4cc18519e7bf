/**
 * What every dialer and its channels must do, as rules that run in Node and in a page alike.
 * Not here: what only WebRTC can be sent (test/transport/description.test.ts).
 */
import { concat, equalBytes } from '../../src/base/bytes.ts'
import type { Channel, Dial, Dialer, DialFailure, DialOptions } from '../../src/transport/port.ts'
import type { Rule } from '../e2e/suite.ts'
import { claim, claimBytes, claimEqual, soon } from './claims.ts'

/** Two dialers that can reach each other; may be one and the same. */
export interface Dialers {
  readonly one: Dialer
  readonly other: Dialer
}

type Perform = (dialers: Dialers) => Promise<void>

const KIB = 1024

/** @param name of the adapter, for the rules' names */
export function channelContract(name: string, makeDialers: () => Promise<Dialers>): readonly Rule[] {
  return Object.entries({ ...MESSAGE_RULES, ...CLOSING_RULES, ...DIAL_RULES }).map(([sentence, perform]) => ({
    name: `${name}: ${sentence}`,
    run: async () => perform(await makeDialers()),
  }))
}

const MESSAGE_RULES: Readonly<Record<string, Perform>> = {
  'messages arrive in order, both ways at once': async (dialers) => {
    const [one, other] = await connect(dialers)
    const [fromOther, fromOne] = [new Inbox(one), new Inbox(other)]
    for (let number = 0; number < 200; number++) {
      one.send(Uint8Array.of(1, number))
      other.send(Uint8Array.of(2, number))
    }
    for (let number = 0; number < 200; number++) {
      claimBytes(await fromOne.next(), Uint8Array.of(1, number))
      claimBytes(await fromOther.next(), Uint8Array.of(2, number))
    }
    await closeBoth([one, fromOther], [other, fromOne])
  },

  'every byte arrives as it was, from a part of a larger buffer too': async (dialers) => {
    const [one, other] = await connect(dialers)
    const [fromOther, fromOne] = [new Inbox(one), new Inbox(other)]
    const around = Uint8Array.from({ length: 300 }, (_, index) => index)
    one.send(around.subarray(20, 276))
    claimBytes(await fromOne.next(), around.slice(20, 276))
    await closeBoth([one, fromOther], [other, fromOne])
  },

  'a message of 64 KiB arrives whole, and the sender may reuse its buffer': async (dialers) => {
    const [one, other] = await connect(dialers)
    const [fromOther, fromOne] = [new Inbox(one), new Inbox(other)]
    claim(one.maxMessageBytes >= 64 * KIB, 'a channel takes 64 KiB')
    const message = Uint8Array.from({ length: 64 * KIB }, (_, index) => (index * 31) % 251)
    const copy = message.slice()
    one.send(message)
    message.fill(0)
    claimBytes(await fromOne.next(), copy)
    await closeBoth([one, fromOther], [other, fromOne])
  },

  'messages that come before anybody listens are kept, in order': async (dialers) => {
    const [one, other] = await connect(dialers)
    const fromOther = new Inbox(one)
    for (const number of [1, 2, 3]) one.send(Uint8Array.of(number))
    other.send(Uint8Array.of(9))
    await fromOther.next()
    const fromOne = new Inbox(other)
    for (const number of [1, 2, 3]) claimBytes(await fromOne.next(), Uint8Array.of(number))
    await closeBoth([one, fromOther], [other, fromOne])
  },

  'drained is called once, when at most that much is left to send': async (dialers) => {
    const [one, other] = await connect(dialers)
    const [fromOther, fromOne] = [new Inbox(one), new Inbox(other)]
    const block = new Uint8Array(64 * KIB)
    for (let sent = 0; sent < 32; sent++) one.send(block)
    claim(one.bufferedBytes > 64 * KIB, 'what was sent and not yet delivered is counted')
    one.wakeBelow(64 * KIB)
    await soon(fromOther.whenDrained(), 'draining')
    claim(one.bufferedBytes <= 64 * KIB, 'drained says the truth')
    for (let received = 0; received < 32; received++)
      claim((await fromOne.next()).length === block.length, 'whole')
    claimEqual(fromOther.drains, 1)
    await closeBoth([one, fromOther], [other, fromOne])
  },

  'drained is called soon when nothing is left to send': async (dialers) => {
    const [one, other] = await connect(dialers)
    const [fromOther, fromOne] = [new Inbox(one), new Inbox(other)]
    one.wakeBelow(0)
    claimEqual(fromOther.drains, 0)
    await soon(fromOther.whenDrained(), 'waking')
    await closeBoth([one, fromOther], [other, fromOne])
  },
}

const CLOSING_RULES: Readonly<Record<string, Perform>> = {
  'both sides hear of a close exactly once': async (dialers) => {
    const [one, other] = await connect(dialers)
    const [fromOther, fromOne] = [new Inbox(one), new Inbox(other)]
    one.close()
    one.close()
    await soon(Promise.all([fromOther.whenClosed(), fromOne.whenClosed()]), 'closing')
    other.close()
    await settle()
    claimEqual([fromOther.closes, fromOne.closes], [1, 1])
  },

  'what was sent before a close arrives': async (dialers) => {
    const [one, other] = await connect(dialers)
    const [fromOther, fromOne] = [new Inbox(one), new Inbox(other)]
    one.send(Uint8Array.of(1))
    one.close()
    claimBytes(await fromOne.next(), Uint8Array.of(1))
    await soon(Promise.all([fromOther.whenClosed(), fromOne.whenClosed()]), 'closing')
  },

  'after a close nothing is sent and nothing is received': async (dialers) => {
    const [one, other] = await connect(dialers)
    const [fromOther, fromOne] = [new Inbox(one), new Inbox(other)]
    one.close()
    one.send(Uint8Array.of(1))
    other.send(Uint8Array.of(2))
    await soon(Promise.all([fromOther.whenClosed(), fromOne.whenClosed()]), 'closing')
    one.send(Uint8Array.of(3))
    one.wakeBelow(0)
    await settle()
    claimEqual([fromOther.received, fromOne.received, fromOther.drains], [0, 0, 0])
  },

  'who listens after the close hears what came, then the close': async (dialers) => {
    const [one, other] = await connect(dialers)
    const fromOther = new Inbox(one)
    one.send(Uint8Array.of(7))
    one.close()
    await soon(fromOther.whenClosed(), 'closing')
    await settle()
    const fromOne = new Inbox(other)
    claimBytes(await fromOne.next(), Uint8Array.of(7))
    await soon(fromOne.whenClosed(), 'hearing of it')
  },
}

const DIAL_RULES: Readonly<Record<string, Perform>> = {
  "each side sees the other's fingerprint, and no two dials share one": async (dialers) => {
    const [one, other] = await connect(dialers)
    const [third, fourth] = await connect(dialers)
    claimBytes(one.localFingerprint, other.remoteFingerprint)
    claimBytes(other.localFingerprint, one.remoteFingerprint)
    claimEqual([one.localFingerprint.length, one.remoteFingerprint.length], [32, 32])
    claim(!equalBytes(one.localFingerprint, other.localFingerprint), 'two certificates')
    claim(!equalBytes(one.localFingerprint, third.localFingerprint), 'a fresh one each dial')
    await closeBoth([one, new Inbox(one)], [other, new Inbox(other)])
    await closeBoth([third, new Inbox(third)], [fourth, new Inbox(fourth)])
  },

  'the route of two on one machine is direct, or not told': async (dialers) => {
    const [one, other] = await connect(dialers)
    claim(['direct', 'unknown'].includes(await one.route()), 'not relayed')
    await closeBoth([one, new Inbox(one)], [other, new Inbox(other)])
  },

  'a dial that is aborted fails once and never opens': async ({ one, other }) => {
    const [first, second] = [new Attempt(one, true), new Attempt(other, false)]
    first.dial.abort()
    first.dial.abort()
    first.introduce(second)
    second.introduce(first)
    await soon(first.whenOver, 'aborting')
    second.dial.abort()
    await soon(second.whenOver, 'aborting')
    await settle()
    claimEqual([first.outcomes, second.outcomes], [['aborted'], ['aborted']])
  },

  'an abort at any moment before the channel opens leaves nothing open': async ({ one, other }) => {
    for (const turns of [0, 1, 2, 3, 5, 8]) {
      const [first, second] = [new Attempt(one, true), new Attempt(other, false)]
      first.introduce(second)
      second.introduce(first)
      for (let turn = 0; turn < turns; turn++) await Promise.resolve()
      const opened = first.outcomes.length > 0
      first.dial.abort()
      const channel = await soon(first.whenOver, 'aborting')
      claim(opened === (channel !== undefined), 'an aborted dial does not open')
      channel?.close()
      second.dial.abort()
      const answered = await soon(second.whenOver, 'aborting')
      if (answered !== undefined) await soon(new Inbox(answered).whenClosed(), 'closing')
    }
  },

  'no signal of a dial is longer than 7 KiB': async (dialers) => {
    const [one, other, attempts] = await connectVisibly(dialers)
    const lengths = attempts.flatMap(({ signals }) => signals.map(({ length }) => length))
    claim(lengths.length >= 2 && Math.max(...lengths) <= 7 * KIB, 'short signals')
    await closeBoth([one, new Inbox(one)], [other, new Inbox(other)])
  },

  'a signal that is no description fails the dial of either side': async ({ one, other }) => {
    for (const garbage of [
      new Uint8Array(0),
      Uint8Array.of(1),
      Uint8Array.of(255, 1, 2),
      new Uint8Array(7 * KIB),
    ]) {
      const attempts = [new Attempt(one, true), new Attempt(other, false)]
      for (const attempt of attempts) attempt.dial.signal(garbage)
      await soon(Promise.all(attempts.map(({ whenOver }) => whenOver)), 'refusing')
      await settle()
      claimEqual(
        attempts.map(({ outcomes }) => outcomes),
        [['refused-description'], ['refused-description']],
      )
    }
  },

  'a dial that is given its own offer is refused': async ({ one, other }) => {
    const [first, second] = [new Attempt(one, true), new Attempt(other, false)]
    first.introduce(first)
    await soon(first.whenOver, 'refusing')
    claimEqual(first.outcomes, ['refused-description'])
    second.dial.abort()
    await soon(second.whenOver, 'aborting')
  },

  'a second description changes nothing on an open channel': async (dialers) => {
    const [one, other, [first, second]] = await connectVisibly(dialers)
    const [fromOther, fromOne] = [new Inbox(one), new Inbox(other)]
    const before = one.remoteFingerprint
    for (const signal of second.signals) first.dial.signal(signal)
    for (const signal of first.signals) second.dial.signal(signal)
    one.send(Uint8Array.of(1))
    claimBytes(await fromOne.next(), Uint8Array.of(1))
    claimBytes(one.remoteFingerprint, before)
    await closeBoth([one, fromOther], [other, fromOne])
  },
}

/** One dial with all it said. */
class Attempt {
  readonly signals: Uint8Array[] = []
  readonly outcomes: ('open' | DialFailure)[] = []
  readonly dial: Dial
  readonly whenOver: Promise<Channel | undefined>
  #other: Attempt | undefined

  constructor(dialer: Dialer, initiator: boolean) {
    let over: (channel: Channel | undefined) => void = () => {}
    this.whenOver = new Promise((resolve) => {
      over = resolve
    })
    const options: DialOptions = {
      initiator,
      iceServers: [],
      onSignal: (signal) => this.#say(signal.slice()),
      onOpen: (channel) => {
        this.outcomes.push('open')
        over(channel)
      },
      onFailed: (failure) => {
        this.outcomes.push(failure)
        over(undefined)
      },
    }
    this.dial = dialer.dial(options)
  }

  /** From now on, and with all it said before, this one talks to `other`. */
  introduce(other: Attempt): void {
    this.#other = other
    for (const signal of this.signals) other.dial.signal(signal)
  }

  #say(signal: Uint8Array): void {
    this.signals.push(signal)
    this.#other?.dial.signal(signal)
  }
}

async function connect(dialers: Dialers): Promise<[Channel, Channel]> {
  const [one, other] = await connectVisibly(dialers)
  return [one, other]
}

async function connectVisibly({ one, other }: Dialers): Promise<[Channel, Channel, [Attempt, Attempt]]> {
  const [first, second] = [new Attempt(one, true), new Attempt(other, false)]
  first.introduce(second)
  second.introduce(first)
  const [left, right] = await soon(Promise.all([first.whenOver, second.whenOver]), 'connecting')
  claim(
    left !== undefined && right !== undefined,
    `both dials open (${[...first.outcomes, ...second.outcomes]})`,
  )
  return [left, right, [first, second]]
}

/** Listens to a channel and hands out what came, one by one. */
class Inbox {
  drains = 0
  closes = 0
  received = 0
  readonly #messages: Uint8Array[] = []
  #wake: () => void = () => {}

  constructor(channel: Channel) {
    channel.listen({
      message: (bytes) => {
        claim(this.closes === 0, 'nothing comes after the close')
        this.received += 1
        this.#messages.push(concat(bytes))
        this.#wake()
      },
      drained: () => {
        this.drains += 1
        this.#wake()
      },
      closed: () => {
        this.closes += 1
        this.#wake()
      },
    })
  }

  async next(): Promise<Uint8Array> {
    await soon(
      this.#until(() => this.#messages.length > 0),
      'a message',
    )
    return this.#messages.shift() as Uint8Array
  }

  whenDrained(): Promise<void> {
    return this.#until(() => this.drains > 0)
  }

  whenClosed(): Promise<void> {
    return this.#until(() => this.closes > 0)
  }

  async #until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      await new Promise<void>((wake) => {
        this.#wake = wake
      })
    }
  }
}

async function closeBoth(...ends: readonly (readonly [Channel, Inbox])[]): Promise<void> {
  for (const [channel] of ends) channel.close()
  await soon(Promise.all(ends.map(([, inbox]) => inbox.whenClosed())), 'closing')
}

/** Lets what is under way in this process happen: two turns of its timers. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setTimeout(resolve))
}
