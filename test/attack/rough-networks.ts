/** Attacks by whoever carries what peers say: the signaling server, and the network between them. */
import type { Crypto, DhKeys } from '../../src/crypto/crypto.ts'
import type { Environment } from '../../src/session/environment.ts'
import type { Session } from '../../src/session/public.ts'
import type { MemoryNetwork } from '../../src/transport/memory.ts'
import type { Dial, Dialer, DialOptions } from '../../src/transport/port.ts'
import { comesTrue, type Ground, until } from './ground.ts'
import { HostileServer, type Mischief } from './hostile-server.ts'
import { contentOf, expectConverging, expectUnharmed, gather, type Party, textOf } from './party.ts'
import type { Attack, Stage } from './stage.ts'

// The server -------------------------------------------------------------------------------------------

const MISCHIEFS: readonly Mischief[] = ['replay', 'reflect', 'reorder', 'drop', 'invent']
/** Messages of every mischief, far above what it takes to bring two people together. */
const MAX_PASSED = 4_000

/** Every signal that reached a dial, as bytes. */
function watched(dialer: Dialer, reached: Set<string>): Dialer {
  return {
    dial: (options: DialOptions): Dial => {
      const dial = dialer.dial(options)
      return {
        signal: (signal) => {
          reached.add(Buffer.from(signal).toString('hex'))
          dial.signal(signal)
        },
        abort: () => dial.abort(),
      }
    },
  }
}

/** Without the guard a device shows the same keys at every meeting. */
function withoutFreshKeys(crypto: Crypto): Crypto {
  let keys: DhKeys | undefined
  return {
    ...crypto,
    dhKeys: (seed) => {
      if (seed !== undefined) return crypto.dhKeys(seed)
      keys ??= crypto.dhKeys()
      return keys
    },
  }
}

const hostileServer: Attack = {
  number: 2,
  name: "the server replays yesterday's offers, reflects, reorders, drops half, invents peers",
  guard: 'fresh keys for every meeting',
  transports: ['memory'],
  async play(stage) {
    const mischiefs = stage.guard === 'on' ? MISCHIEFS : (['replay'] as const)
    await Promise.all(mischiefs.map((mischief) => playMischief(stage, mischief)))
  },
}

/** Two people of its own for every mischief. */
async function playMischief(stage: Stage, mischief: Mischief): Promise<void> {
  const ground = await stage.ground()
  const server = new HostileServer(ground.crypto, ground.network.connector)
  const cryptoOf = (): Crypto => (stage.guard === 'on' ? ground.crypto : withoutFreshKeys(ground.crypto))
  const reached = new Set<string>()
  const dialer = watched(ground.network.dialer, reached)
  const on = (): Partial<Environment> => ({ connector: server.connector, dialer, crypto: cryptoOf() })
  const party = await gather(ground, { ada: on(), ben: on() })
  const ben = await meetAgain(party, party.ben, party.bensDevice)
  const yesterday = new Set(reached)
  const before = contentOf(party.ada.doc)
  reached.clear()
  const last = await bother(stage, ground, server, { ...party, ben }, mischief)
  const again = [...reached].filter((signal) => yesterday.has(signal))
  stage.expect(again.length === 0, `${again.length} signals of yesterday reached a dial`)
  await expectUnharmed(stage, { ...party, ben: last }, before)
}

/** Ben goes away and comes back: yesterday's meeting, of which the server knows every word. */
async function meetAgain({ ada }: Party, ben: Session, device: Party['bensDevice']): Promise<Session> {
  await ben.saved()
  await ben.leave()
  await until('Ben is away', () => ada.peers.every((peer) => peer.name !== 'Ben'))
  const back = await device.api.openSession(ben.localId)
  await until('Ben is back', () => textOf(back) === textOf(ada) && back.status.peers > 0)
  return back
}

/** Ben comes back while the server does mischief; he gets in, at the latest when it behaves again. */
async function bother(
  stage: Stage,
  { heard }: Ground,
  server: HostileServer,
  party: Party,
  mischief: Mischief,
): Promise<Session> {
  const { ada, ben } = party
  await ben.saved()
  await ben.leave()
  await until('Ben is away', () => ada.peers.every((peer) => peer.name !== 'Ben'))
  const passedBefore = heard.length
  server.mischief = mischief
  const back = await party.bensDevice.api.openSession(ben.localId)
  const isBack = (): boolean => back.status.peers > 0 && textOf(back) === textOf(ada)
  await comesTrue(isBack, 1_000)
  server.mischief = 'none'
  stage.expect(await comesTrue(isBack, 25_000), `after "${mischief}" Ben does not get in any more`)
  const passed = heard.length - passedBefore
  stage.expect(passed <= MAX_PASSED, `"${mischief}" made ${passed} messages of two people`)
  return back
}

// The network ------------------------------------------------------------------------------------------

const STALL_MS = 5_000
/** Long enough for links to be cut, dialed and cut again. */
const ROUGH_ROUNDS = 6

/** Without the guard nobody dials twice. */
function once(dialer: Dialer): Dialer {
  let dials = 0
  return {
    dial: (options) => {
      if (dials++ < 1) return dialer.dial(options)
      queueMicrotask(() => options.onFailed('no-route', 'dialed before'))
      return { signal: () => {}, abort: () => {} }
    },
  }
}

const roughNetwork: Attack = {
  number: 37,
  name: 'the network drops, repeats and stalls for 5 s',
  guard: 'dialing again',
  transports: ['memory'],
  async play(stage) {
    const ground = await stage.ground()
    const { memory } = ground.network
    if (memory === undefined) throw new Error('this network cannot be made rough')
    const server = new HostileServer(ground.crypto, ground.network.connector)
    const on = (): Partial<Environment> => ({
      connector: server.connector,
      dialer: stage.guard === 'on' ? ground.network.dialer : once(ground.network.dialer),
    })
    const party = await gather(ground, { ada: on(), ben: on() })
    const { ada, ben } = party
    await expectStallForgiven(stage, party, memory)
    server.mischief = 'drop'
    for (let round = 0; round < ROUGH_ROUNDS; round++) {
      ada.doc.getText('main').insert(0, `A${round} `)
      ben.doc.getText('main').insert(0, `B${round} `)
      for (const each of memory.links) each.cut()
      await comesTrue(() => ada.status.peers > 0 && ben.status.peers > 0, 1_000)
    }
    server.mischief = 'none'
    const isEven = (): boolean =>
      textOf(ada) === textOf(ben) && ada.status.unshared + ben.status.unshared === 0
    stage.expect(
      await comesTrue(isEven, stage.guard === 'on' ? 20_000 : 3_000),
      `Ada reads "${textOf(ada)}", Ben "${textOf(ben)}"`,
    )
    for (let round = 0; round < ROUGH_ROUNDS; round++) {
      stage.expect(
        textOf(ada).includes(`A${round} `) && textOf(ada).includes(`B${round} `),
        `round ${round} is lost`,
      )
    }
    stage.expect(party.told.length === 0, `a false alarm: ${party.told}`)
    for (const { status } of [ada, ben]) {
      const alarm = status.problem?.kind === 'fork' ? status.problem : undefined
      stage.expect(alarm === undefined, `a problem that is none: ${JSON.stringify(alarm)}`)
    }
    if (stage.guard === 'on') await expectConverging(stage, party)
  },
}

/** Nothing passes for five seconds, and then everything: the link lives, and what was typed arrives. */
async function expectStallForgiven(stage: Stage, { ada, ben }: Party, memory: MemoryNetwork): Promise<void> {
  memory.interfere({ noRoute: true })
  const stalled = memory.links
  for (const link of stalled) link.stall()
  ada.doc.getText('main').insert(0, 'typed in the dark ')
  const arrivedEarly = await comesTrue(() => textOf(ben).includes('dark'), STALL_MS)
  stage.expect(!arrivedEarly, 'the scene: what was stalled arrived')
  stage.expect(ada.status.unshared > 0, 'what Ben cannot have counts as shared')
  for (const link of stalled) link.resume()
  memory.interfere({})
  stage.expect(await comesTrue(() => textOf(ben) === textOf(ada)), 'what was stalled never arrived')
}

export const ROUGH_NETWORK_ATTACKS: readonly Attack[] = [hostileServer, roughNetwork]
