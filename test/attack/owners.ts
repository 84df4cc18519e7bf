/** Removals by an owner out of reach, and by one who gives somebody a false key. */
import { Secret } from '../../src/base/secret.ts'
import type { Crypto } from '../../src/crypto/crypto.ts'
import type { Roster } from '../../src/protocol/roster.ts'
import { Keyring } from '../../src/session/keyring.ts'
import type { Session } from '../../src/session/public.ts'
import { Vouching } from '../../src/session/vouching.ts'
import type { SignalingConnector } from '../../src/transport/port.ts'
import { Disk } from './disk.ts'
import { comesTrue, type Ground, until } from './ground.ts'
import { expectConverging, gather, type Party, textOf } from './party.ts'
import type { Attack } from './stage.ts'

// In a partition -----------------------------------------------------------------------------------------------

const TYPED = 100
/** Answers nobody. */
const nowhere: SignalingConnector = {
  connect: (_url, listener) => {
    queueMicrotask(() => listener.closed('nobody there'))
    return { send: () => undefined, close: () => undefined }
  },
}

const racingRemoval: Attack = {
  number: 14,
  name: 'a removal, signed while the others are out of reach, races with 100 entries',
  guard: 'whoever had applied it in good faith vouches for it',
  transports: ['memory'],
  async play(stage) {
    const ground = await stage.ground()
    const disk = new Disk(ground.crypto)
    const party = await gather(ground, { ada: { store: disk } })
    const { url } = await party.ada.invite({ role: 'editor' })
    const cyd = await ground.device().api.joinSession(url, { name: 'Cyd' })
    await until('all are linked', () => [party.ada, party.ben].every(({ peers }) => peers.length === 2))
    await party.ada.saved()
    await party.ada.leave()
    stage.switchOff(Vouching.prototype, 'voided', () => () => {})
    await signApart(ground, disk, party.ada, cyd)
    await typeMeanwhile(cyd, party.ben)
    const ada = await ground.device({ store: disk }).api.openSession(party.ada.localId)
    await until('Cyd knows', () => cyd.status.phase === 'ended')
    const last = `${TYPED - 1}.`
    const isWhole = (session: Session): boolean =>
      textOf(session).includes(' Ben') && textOf(session).includes(last)
    stage.expect(
      await comesTrue(() => isWhole(ada) && isWhole(party.ben), stage.guard === 'on' ? 15_000 : 2_000),
      'what was typed in good faith is lost',
    )
    await expectConverging(stage, { ...party, ada })
  },
}

/** The owner removes Cyd where nobody hears of it. */
async function signApart(ground: Ground, disk: Disk, ada: Session, cyd: Session): Promise<void> {
  const alone = await ground.device({ store: disk, connector: nowhere }).api.openSession(ada.localId)
  await alone.remove(cyd.me.device)
  await alone.saved()
  await alone.leave()
}

/** Ben writes too, elsewhere, so that nothing of his needs what Cyd wrote; and has applied all of it. */
async function typeMeanwhile(cyd: Session, ben: Session): Promise<void> {
  for (let key = 0; key < TYPED; key++) {
    if (key === 0) ben.doc.getText('main').insert(textOf(ben).length, ' Ben')
    cyd.doc.getText('main').insert(0, `${key}. `)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  await until('Ben has read it', () => textOf(ben).includes(`${TYPED - 1}.`))
}

// The owner's own lie ------------------------------------------------------------------------------------------

/** What it seals to one key is another key than it says. */
function sealsFalsely(crypto: Crypto, victim: () => Uint8Array | undefined): Crypto {
  return {
    ...crypto,
    sealTo(publicKey, plain) {
      const lies = victim()?.every((byte, at) => byte === publicKey[at]) === true
      return crypto.sealTo(publicKey, lies ? crypto.randomBytes(plain.length) : plain)
    },
  }
}

const falseKey: Attack = {
  number: 33,
  name: "a new epoch's key wrapped differently for one member",
  guard: "the key's commitment in the roster",
  transports: ['memory'],
  async play(stage) {
    const ground = await stage.ground()
    let victim: Uint8Array | undefined
    const crypto = sealsFalsely(ground.crypto, () => victim)
    const party = await gather(ground, { ada: { crypto } })
    const { url } = await party.ada.invite({ role: 'editor' })
    const cyd = await ground.device().api.joinSession(url, { name: 'Cyd' })
    await until('all are linked', () => party.ada.peers.length === 2 && party.ben.peers.length === 2)
    stage.switchOff(Keyring.prototype, 'learn', () => trustingLearn(ground.crypto))
    victim = bensKey(party)
    await party.ada.remove(cyd.me.device)
    const isTold = (): boolean => party.told.some((line) => line.includes('another key than the others'))
    stage.expect(await comesTrue(isTold), 'nobody tells Ben that the owner gave him another key')
    stage.expectGuarded(!textOf(party.ben).includes('�'), 'Ben shows what a false key opens')
  },
}

function bensKey({ ada, ben }: Party): Uint8Array | undefined {
  const { roster } = (ada as unknown as { replica: { roster: Roster } }).replica
  return roster.certificateOf(ben.me.device)?.dhPk
}

/** Takes what it is given. */
function trustingLearn(crypto: Crypto): Keyring['learn'] {
  return function (this: Keyring, roster) {
    const { epochKeys } = this.stored
    const wrap = roster.epochRecord(epochKeys.length)?.wraps.find(({ device }) => device === this.device)
    const key = wrap && crypto.openFrom(this.dh, wrap.sealedKey)
    if (key === undefined) return 'nothing-new'
    this.update({ epochKeys: [...epochKeys, new Secret(key)] })
    return 'new'
  }
}

export const OWNER_ATTACKS: readonly Attack[] = [racingRemoval, falseKey]
