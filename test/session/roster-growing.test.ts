/** What comes with a roster is acted on by whole sessions, once, and nothing that waited for it is left waiting. */
import { describe, expect, test } from 'vitest'
import { type InstanceId, idOf } from '../../src/base/ids.ts'
import type { LiveSession } from '../../src/session/live-session.ts'
import { textOf } from './town.ts'
import { gathered, type VirtualTown, virtualTown } from './virtual-town.ts'

const somebody = idOf<InstanceId>(new Uint8Array(8).fill(7))

interface Company {
  readonly place: VirtualTown
  readonly ada: LiveSession
  readonly ben: LiveSession
  readonly cyd: LiveSession
}

async function three(): Promise<Company> {
  const place = await virtualTown()
  const [ada, ben, cyd] = (await gathered(place, 3)) as [LiveSession, LiveSession, LiveSession]
  return { place, ada, ben, cyd }
}

const write = (session: LiveSession, words: string): void => session.doc.getText('main').insert(0, words)

/** What the roster was each time the replica was told that it grew. */
function growths({ replica }: LiveSession): number[] {
  const seqs: number[] = []
  const act = replica.rosterGrew.bind(replica)
  replica.rosterGrew = () => {
    seqs.push(replica.roster.seq)
    act()
  }
  return seqs
}

describe('a roster that comes', () => {
  test('is acted on once by each who gets it, whoever it came from', async () => {
    const { place, ada, ben, cyd } = await three()
    const before = ada.replica.roster.seq
    const told = [ben, cyd].map(growths)
    await place.run(ada.pause(true))
    await place.pass(5_000)
    await place.run(ada.pause(false))
    await place.pass(5_000)
    expect(told).toEqual([
      [before + 1, before + 2],
      [before + 1, before + 2],
    ])
    await place.leaveAll()
  })

  test('lets what waited for it count: a newcomer is read by who hears of it last', async () => {
    const { place, ada, ben, cyd } = await three()
    const { url } = await place.run(ada.invite({ role: 'editor', uses: 1 }))
    place.devices[1]?.pullCable()
    await place.pass(30_000)
    const dee = await place.settle().join(url, 'Dee')
    write(dee, 'dee ')
    await place.until('Cyd reads Dee', () => textOf(cyd) === 'dee ')
    const entries = dee.replica.chain?.entries.map(({ entry }) => entry) ?? []
    expect(entries.length).toBeGreaterThan(0)
    ben.replica.receive(entries, somebody)
    expect([ben.replica.log.aside.length, textOf(ben)]).toEqual([entries.length, ''])
    place.devices[1]?.plugIn()
    await place.until('Ben reads Dee', () => textOf(ben) === 'dee ')
    expect(ben.replica.log.aside).toEqual([])
    await place.leaveAll()
  })

  test('with new keys, a Restart and another role in it leaves its reader able to write at once', async () => {
    const { place, ada, ben, cyd } = await three()
    write(ben, 'ben ')
    await place.until('all read it', () => [ada, cyd].every((one) => textOf(one) === 'ben '))
    place.devices[1]?.pullCable()
    await place.pass(30_000)
    write(ben, '[away]')
    await place.run(ada.setRole(ben.me.device, 'viewer'))
    await place.run(ada.restart())
    await place.run(ada.setRole(ben.me.device, 'editor'))
    await place.run(ada.restart())
    await place.run(ada.remove(cyd.me.device))
    const told = growths(ben)
    place.devices[1]?.plugIn()
    await place.until('Ben has all records', () => ben.replica.roster.seq === ada.replica.roster.seq)
    expect(told).toEqual([ada.replica.roster.seq])
    write(ben, '[here]')
    await place.until('Ada reads what Ben wrote', () => textOf(ada).includes('[here]'))
    await place.until('both are equal', () => textOf(ada) === textOf(ben))
    await place.leaveAll()
  })

  test('ends the session of who is removed by it, and nothing of that is touched after', async () => {
    const { place, ada, ben } = await three()
    const told = growths(ben)
    let endedAfter = 0
    ben.on('ended', () => {
      endedAfter = told.length
    })
    write(ben, 'ben ')
    await place.until('Ada reads it', () => textOf(ada) === 'ben ')
    await place.run(ada.remove(ben.me.device))
    await place.until('Ben is told', () => ben.status.phase === 'ended')
    await place.pass(1_000)
    expect([told.length, endedAfter]).toEqual([1, 1])
    expect(textOf(ben)).toBe('ben ')
    await place.leaveAll()
  })
})
