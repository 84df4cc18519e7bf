/** One device in two places: a profile that was cloned, two tabs of the owner, an owner who starts from an old disk. */
import type { Crypto } from '../../src/crypto/crypto.ts'
import { Roster } from '../../src/protocol/roster.ts'
import { Disk } from './disk.ts'
import { comesTrue, type Ground, until } from './ground.ts'
import { expectConverging, gather, textOf } from './party.ts'
import type { Attack, Stage } from './stage.ts'

// A clone ----------------------------------------------------------------------------------------------

const KEYSTROKES = 80

/** Every key and nonce something is sealed under for good; a pair that comes twice is damage. */
function watchingNonces(stage: Stage, crypto: Crypto, seen: Map<string, string>): Crypto {
  return {
    ...crypto,
    seal(key, nonce, ad, plain) {
      const pair = `${Buffer.from(key).toString('hex')} ${Buffer.from(nonce).toString('hex')}`
      const said = Buffer.from(plain).toString('hex')
      const before = seen.get(pair)
      if (before !== undefined && before !== said) stage.damage('one key and nonce sealed two things')
      seen.set(pair, said)
      return crypto.seal(key, nonce, ad, plain)
    },
  }
}

const clonedProfile: Attack = {
  number: 43,
  name: 'a profile cloned to two machines, and both edit',
  guard: 'a new writer at every start',
  transports: ['memory'],
  async play(stage) {
    const ground = await stage.ground()
    const seen = new Map<string, string>()
    const crypto = watchingNonces(stage, ground.crypto, seen)
    const same = crypto.randomBytes(8)
    /** Without the guard both machines go on as the writer the profile was. */
    const sameWriter = (length: number) => (length === 8 ? same.slice() : crypto.randomBytes(length))
    const bensCrypto = stage.guard === 'on' ? crypto : { ...crypto, randomBytes: sameWriter }
    const disk = new Disk(crypto)
    const party = await gather(ground, { ada: { crypto }, ben: { crypto: bensCrypto, store: disk } })
    const { ada, ben } = party
    await ben.saved()
    await ben.leave()
    const clones = await Promise.all(
      [disk, disk.cloned()].map((store) =>
        ground.device({ crypto: bensCrypto, store }).api.openSession(ben.localId),
      ),
    )
    for (let at = 0; at < KEYSTROKES; at++) {
      for (const [number, clone] of clones.entries()) clone.doc.getText('main').insert(0, `${number}`)
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
    const isEven = (): boolean => clones.every((clone) => textOf(clone) === textOf(ada))
    stage.expect(
      await comesTrue(isEven, stage.guard === 'on' ? 15_000 : 1_000),
      'the clones no longer converge',
    )
    for (const number of ['0', '1']) {
      const typed = textOf(ada).split(number).length - 1
      stage.expect(typed === KEYSTROKES, `Ada has ${typed} of ${KEYSTROKES} keystrokes of machine ${number}`)
    }
    stage.expect(party.told.length === 0, `an honest clone raised an alarm: ${party.told}`)
    const [first = ben] = clones
    if (stage.guard === 'on') await expectConverging(stage, { ...party, ben: first })
  },
}

// The owner's roster -----------------------------------------------------------------------------------

/** One after the other, whoever asks: what Web Locks do for the tabs of a browser. */
function oneAtATime(): <T>(name: string, work: () => Promise<T>) => Promise<T> {
  const last = new Map<string, Promise<unknown>>()
  return (name, work) => {
    const turn = (last.get(name) ?? Promise.resolve()).then(work)
    last.set(
      name,
      turn.catch(() => undefined), // whoever waits gets its turn all the same; who asked hears of it
    )
    return turn
  }
}

const ownersFork: Attack = {
  number: 48,
  name: "the owner crashes right after sending a roster record; the owner's two tabs sign at once",
  guard: 'one signer at a time, and nothing sent that is not on the disk',
  transports: ['memory'],
  async play(stage) {
    const ground = await stage.ground()
    let forks = 0
    stage.replace(
      Roster.prototype,
      'take',
      (original) =>
        function (this: Roster, records, joins) {
          const taken = original.call(this, records, joins)
          if (taken.forked) forks++
          return taken
        },
    )
    await signInTwoTabs(stage, ground)
    await crashAfterSending(stage, ground)
    await comesTrue(() => forks > 0, 1_000)
    stage.expect(forks === 0, `${forks} times two records had one place`)
  },
}

async function signInTwoTabs(stage: Stage, ground: Ground): Promise<void> {
  const disk = new Disk(ground.crypto)
  const lock = stage.guard === 'on' ? { exclusively: oneAtATime() } : {}
  const party = await gather(ground, { ada: { store: disk, ...lock } })
  await party.ada.saved()
  const other = await party.adasDevice.api.openSession(party.ada.localId)
  const links = await Promise.all(
    [party.ada, other, party.ada, other].map((tab) => tab.invite({ role: 'editor' })),
  )
  for (const [at, { url }] of links.entries()) {
    if (stage.guard === 'off') break
    const guest = await ground.device().api.joinSession(url, { name: `Guest ${at}` })
    stage.expect(textOf(guest) === textOf(party.ada), `guest ${at} did not get the text`)
    await guest.leave()
  }
}

async function crashAfterSending(stage: Stage, ground: Ground): Promise<void> {
  const disk = new Disk(ground.crypto)
  const party = await gather(ground, { ada: { store: disk } })
  await party.ada.saved()
  const asItWas = disk.cloned()
  // without the guard the disk says it wrote, and did not
  const kept = stage.guard === 'on' ? disk : asItWas
  const first = await party.ada.invite({ role: 'viewer' })
  const guest = await ground.device().api.joinSession(first.url, { name: 'Guest' })
  await until('Ben knows the record', () => party.ben.members.some(({ name }) => name === 'Guest'))
  // whoever knows the record tells it in the first hello: Ada signs with nobody there
  for (const one of [guest, party.ben, party.ada]) await one.leave()
  const again = await ground.device({ store: kept }).api.openSession(party.ada.localId)
  const { url } = await again.invite({ role: 'editor' })
  await party.bensDevice.api.openSession(party.ben.localId)
  await until('Ada is back', () => again.status.peers > 0)
  if (stage.guard === 'on') await ground.device().api.joinSession(url, { name: 'Cleo' })
}

export const DOUBLE_ATTACKS: readonly Attack[] = [clonedProfile, ownersFork]
