/** Attacks with presence: in somebody else's name, with no end, with a name that is a page of its own. */

import { Writer } from '../../src/base/codec.ts'
import { type InstanceId, idOf } from '../../src/base/ids.ts'
import type { Session } from '../../src/session/public.ts'
import { MAX_INSTANCES_PER_DEVICE, MAX_PERSON_NAME_BYTES } from '../../src/wire/limits.ts'
import { clientIdOf, type Presence, sealPresence } from '../../src/wire/presence.ts'
import type { HostileLink } from './hostile-link.ts'
import { contentOf, expectUnharmed, gather } from './party.ts'
import type { Attack, Stage } from './stage.ts'
import { Villain } from './villain.ts'

/** Over real WebRTC a tenth: what is beyond the bound costs a message and no more. */
const CROWD = { memory: 200_000, webrtc: 20_000 } as const
const NAMES = ['<img src=x onerror=alert(1)>', '"};*{color:red}', '\u202eevil\u202c', 'a\u0000b\u0007']

const falsePresences: Attack = {
  number: 29,
  name: "presence for another member's clientID, counters at the maximum, a crowd of clients, hostile names",
  guard: 'the signature of a presence',
  transports: ['memory', 'webrtc'],
  async play(stage) {
    const ground = await stage.ground()
    let verified = 0
    const verify: typeof ground.crypto.verify = (key, message, signature) => {
      verified++
      return stage.guard === 'off' || ground.crypto.verify(key, message, signature)
    }
    const party = await gather(ground, { ada: { crypto: { ...ground.crypto, verify } } })
    const { ada, ben } = party
    const mallory = await Villain.enlist(ground, party, 'editor')
    const before = contentOf(ada.doc)
    const shownBefore = [stateOf(ada, ada), stateOf(ada, ben)].join()
    for (const victim of [ben, ada]) await speakFor(stage, mallory, party.told, ada, victim)
    stage.expect(
      [stateOf(ada, ada), stateOf(ada, ben)].join() === shownBefore,
      'Ada or Ben is shown as somebody else made them',
    )
    if (stage.guard === 'on') {
      const link = await mallory.link(ada)
      await expectInertNames(stage, mallory, link, ada)
      verified = 0
      await expectBoundedCrowd(stage, mallory, link, ada, party.told)
      stage.expect(verified <= 2 * MAX_INSTANCES_PER_DEVICE, `${verified} presences were verified`)
      link.close()
    }
    await expectUnharmed(stage, party, before)
  },
}

/** What `at` shows of `who`. */
function stateOf(at: Session, who: Session): string {
  return JSON.stringify(
    [...at.awareness.getStates().values()].filter((state) => state['user']?.device === who.me.device),
  )
}

function presenceOf({ device, crypto }: Villain, change: Partial<Presence> = {}): Presence {
  const instance = idOf<InstanceId>(crypto.randomBytes(8))
  const writer = idOf<Presence['writer']>(crypto.randomBytes(8))
  return {
    device,
    instance,
    writer,
    counter: 1,
    phase: 'active',
    place: 'front',
    hand: 'down',
    name: 'Mallory',
    color: 1,
    cursor: undefined,
    ...change,
  }
}

/** As the victim's device, in the victim's own instance and in another one, here and saying goodbye. */
async function speakFor(
  stage: Stage,
  mallory: Villain,
  told: readonly string[],
  ada: Session,
  victim: Session,
): Promise<void> {
  const { crypto, keyring } = mallory
  const device = victim.me.device
  const own = ada.peers.find((peer) => peer.device === device)?.instance
  for (const change of [
    {},
    { counter: Number.MAX_SAFE_INTEGER },
    { phase: 'gone' as const, counter: Number.MAX_SAFE_INTEGER },
  ]) {
    const link = await mallory.link(ada)
    const presence = presenceOf(mallory, {
      device,
      name: 'EVIL',
      ...(own === undefined ? {} : { instance: own }),
      ...change,
    })
    link.send({
      type: 'presence',
      presences: [sealPresence(crypto, keyring.session, presence, keyring.sign)],
    })
    // one that is older than what is shown is dropped unread
    if ((await link.settle()) === 'open')
      stage.expectGuarded(presence.counter === 1, 'a presence in another name was taken')
    link.close()
  }
  stage.expectGuarded(
    told.some((line) => line.includes('a presence its device did not sign')),
    'nobody was told',
  )
}

async function expectInertNames(
  stage: Stage,
  mallory: Villain,
  link: HostileLink,
  ada: Session,
): Promise<void> {
  const { crypto, keyring } = mallory
  const instance = idOf<InstanceId>(crypto.randomBytes(8))
  for (const [at, name] of NAMES.entries()) {
    const presence = presenceOf(mallory, { name, instance, counter: at + 1 })
    link.send({
      type: 'presence',
      presences: [sealPresence(crypto, keyring.session, presence, keyring.sign)],
    })
    stage.expect((await link.settle()) === 'open', 'a name within the limit closed the link')
    const clientID = clientIdOf(crypto, keyring.sign.publicKey, presence.writer)
    const shown: unknown = ada.awareness.getStates().get(clientID)?.['user']?.name
    const isClean = typeof shown === 'string' && !/\p{C}/u.test(shown)
    stage.expect(isClean, `a name is shown as ${JSON.stringify(shown)}`)
    const member = ada.members.find(({ device }) => device === mallory.device)
    stage.expect(
      member !== undefined && !/\p{C}/u.test(member.name),
      'a member is called what disturbs a page',
    )
  }
  const long = await mallory.link(ada)
  const huge = new Writer().u8(10).sized(new Uint8Array(1_000_000).fill(65)).finish()
  long.sendFrame(huge)
  stage.expect((await long.settle()) === 'closed', `a name beyond ${MAX_PERSON_NAME_BYTES} bytes was taken`)
}

async function expectBoundedCrowd(
  stage: Stage,
  mallory: Villain,
  link: HostileLink,
  ada: Session,
  told: readonly string[],
): Promise<void> {
  const { crypto, keyring } = mallory
  const signed = sealPresence(crypto, keyring.session, presenceOf(mallory), keyring.sign)
  for (let number = 0; number < CROWD[stage.transport]; number++) {
    if (number <= MAX_INSTANCES_PER_DEVICE) {
      const presence = presenceOf(mallory, { counter: Number.MAX_SAFE_INTEGER })
      link.send({
        type: 'presence',
        presences: [sealPresence(crypto, keyring.session, presence, keyring.sign)],
      })
    } else {
      // another instance each, the signature of none: whoever looks at it closes the link
      const unsigned = signed.slice()
      unsigned.set(crypto.randomBytes(8), 16)
      link.send({ type: 'presence', presences: [unsigned] })
    }
    if (number % 2_000 === 0) await link.settle()
    if (!link.isOpen) break
  }
  // beyond the bound nobody looks; the first that is looked at ends the link
  const isNamed = (await link.settle()) === 'open' || told.some((line) => line.includes('did not sign'))
  stage.expect(isNamed, `the link was closed for ${told.at(-1)}`)
  const states = ada.awareness.getStates().size
  stage.expect(states <= MAX_INSTANCES_PER_DEVICE + 3, `${states} states are kept`)
}

export const PRESENCE_ATTACKS: readonly Attack[] = [falsePresences]
