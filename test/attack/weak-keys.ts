import { admit, encodeJoin, type JoinRequest } from '../../src/wire/certificate.ts'
import { until } from './ground.ts'
import { knock } from './knocking.ts'
import { contentOf, expectUnharmed, gather, type Party } from './party.ts'
import type { Attack } from './stage.ts'
import { Villain } from './villain.ts'

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

export const WEAK_KEY_ATTACKS: readonly Attack[] = [weakKeys]
