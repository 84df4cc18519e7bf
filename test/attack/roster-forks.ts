/** An owner whose root key signs two lists of members. */
import { Roster } from '../../src/protocol/roster.ts'
import { CoterieError } from '../../src/session/errors.ts'
import type { Session } from '../../src/session/public.ts'
import {
  encodeRecord,
  type RosterContent,
  type RosterRecord,
  signRecord,
} from '../../src/wire/roster-record.ts'
import { comesTrue, type Ground } from './ground.ts'
import { expectConverging, gather, type Party } from './party.ts'
import type { Attack, Stage } from './stage.ts'
import { stealKeys, Villain } from './villain.ts'

const ownerForks: Attack = {
  number: 24,
  name: 'the owner signs two lists of members, and more records after them',
  guard: 'the notice taken of a second record at one place',
  transports: ['memory'],
  async play(stage) {
    const ground = await stage.ground()
    const party = await gather(ground)
    const { url } = await party.ada.invite({ role: 'editor', uses: 9 })
    const cyd = await ground.device().api.joinSession(url, { name: 'Cyd' })
    await party.ada.saved()
    takeNoNotice(stage)
    await tellAnother(ground, party)
    const all = [party.ada, party.ben, cyd]
    const isTold = (one: Session): boolean => one.status.problem?.kind === 'roster-fork'
    stage.expect(await comesTrue(() => all.every(isTold), 8_000), 'not everybody was told')
    stage.expect(!all.some(({ isPaused }) => isPaused), 'a record after the fork was honoured')
    await expectConverging(stage, party)
    const late = ground.device().api.joinSession(url, { name: 'Late' })
    stage.expect(await isRefused(late), 'somebody was let in')
    await party.ada.heal()
    stage.expect(await comesTrue(() => !all.some(isTold), 8_000), 'the fork did not end')
    const dee = await ground.device().api.joinSession(url, { name: 'Dee' })
    stage.expect(await comesTrue(() => dee.members.length === 4), 'nobody is let in after it ended')
    await expectConverging(stage, party)
  },
}

/** From another device with Ada's keys: one record at the place of another, to Ben, and one that follows what he has. */
async function tellAnother(ground: Ground, { ada, ben, adasDevice }: Party): Promise<void> {
  const { environment } = adasDevice
  const thief = new Villain(environment, await stealKeys(ground.crypto, environment.store, ada.localId))
  const { root } = thief.keyring
  if (root === undefined) throw new Error('no root key on that disk')
  const { session, records, head, seq } = thief.roster
  const sign = (at: Pick<RosterRecord, 'seq' | 'prev'>, content: RosterContent): Uint8Array =>
    encodeRecord(signRecord(ground.crypto, { session, ...at }, content, root))
  const last = records[seq] as RosterRecord
  const rival = sign({ seq, prev: last.prev }, { type: 'policy', paused: true })
  const later = sign({ seq: seq + 1, prev: head }, { type: 'policy', paused: true })
  const link = await thief.link(ben)
  link.send({ type: 'roster', records: [rival, later], joins: [] })
  await link.settle()
  link.close()
}

function takeNoNotice(stage: Stage): void {
  stage.switchOff(
    Roster.prototype,
    'takeRecord',
    (original) =>
      function (this: Roster, record) {
        const held = this.records[record.seq]
        return held !== undefined && held.id !== record.id ? 'void' : original.call(this, record)
      },
  )
}

async function isRefused(joining: Promise<Session>): Promise<boolean> {
  try {
    await (await joining).leave()
    return false
  } catch (error) {
    return error instanceof CoterieError
  }
}

export const ROSTER_FORK_ATTACKS: readonly Attack[] = [ownerForks]
