/** Members who have never heard of each other, because one was away, meet with nobody there who knows both. */
import { expect, test } from 'vitest'
import type { LiveSession } from '../../src/session/live-session.ts'
import { textOf } from './town.ts'
import { type TownDevice, type VirtualTown, virtualTown } from './virtual-town.ts'

const write = (session: LiveSession, words: string): void => session.doc.getText('main').insert(0, words)

const linkOf = async (place: VirtualTown, session: LiveSession, uses = 1): Promise<string> =>
  (await place.run(session.invite({ role: 'editor', uses }))).url

async function arrive(place: VirtualTown, url: string, name: string): Promise<[LiveSession, TownDevice]> {
  const device = place.settle()
  const session = await device.join(url, name)
  await place.until(`${name} has the text`, () => textOf(session).includes('ada '))
  await place.pass(5_000)
  return [session, device]
}

const meet = (place: VirtualTown, one: LiveSession, other: LiveSession): Promise<number> =>
  place.until(
    'they have met',
    () => textOf(one) === textOf(other) && one.peers.length === 1 && one.status.phase === 'synced',
    20_000,
  )

/** Ada owns the session; Cyd was there at its beginning, and is away. */
async function whileCydIsAway(): Promise<{ place: VirtualTown; ada: LiveSession; away: TownDevice }> {
  const place = await virtualTown()
  const ada = await place.settle().create('Ada')
  write(ada, 'ada ')
  const [cyd, away] = await arrive(place, await linkOf(place, ada), 'Cyd')
  await place.run(cyd.leave())
  return { place, ada, away }
}

test.each(['who was away', 'who came meanwhile'])(
  '%s waits for the other, who came by a newer link',
  async (first) => {
    const { place, ada, away } = await whileCydIsAway()
    const [ben, device] = await arrive(place, await linkOf(place, ada), 'Ben')
    await place.run(ada.leave())
    write(ben, 'ben ')
    let there = ben
    let cyd: LiveSession
    if (first === 'who was away') {
      await place.run(ben.leave())
      cyd = await away.openAgain(0)
      await place.pass(3_000)
      there = await device.openAgain(0)
    } else cyd = await away.openAgain(0)
    await meet(place, cyd, there)
    await place.leaveAll()
  },
)

test('who was away meets somebody whom an editor let in who came meanwhile', async () => {
  const { place, ada, away } = await whileCydIsAway()
  const url = await linkOf(place, ada, 2)
  const [dan] = await arrive(place, url, 'Dan')
  await place.run(ada.leave())
  const [ben] = await arrive(place, url, 'Ben')
  await place.run(dan.leave())
  await meet(place, await away.openAgain(0), ben)
  await place.leaveAll()
})

test('who was away while somebody was removed is answered for its eyes alone, by who came after that', async () => {
  const { place, ada, away } = await whileCydIsAway()
  const [dan] = await arrive(place, await linkOf(place, ada), 'Dan')
  await place.run(ada.remove(dan.me.device))
  const [ben] = await arrive(place, await linkOf(place, ada), 'Ben')
  await place.run(ada.leave())
  place.passedKinds.length = 0
  await meet(place, await away.openAgain(0), ben)
  expect(place.passedKinds).toContain('box')
  await place.leaveAll()
})

test('the owner, who was there all the time, answers for those eyes alone too', async () => {
  const { place, ada, away } = await whileCydIsAway()
  const [dan] = await arrive(place, await linkOf(place, ada), 'Dan')
  await place.run(ada.remove(dan.me.device))
  await place.pass(5_000)
  place.passedKinds.length = 0
  await meet(place, await away.openAgain(0), ada)
  expect(place.passedKinds).toContain('box')
  await place.leaveAll()
})

test('whoever was removed while away is met by nobody who knows it', async () => {
  const { place, ada, away } = await whileCydIsAway()
  const [ben] = await arrive(place, await linkOf(place, ada), 'Ben')
  const cyd = ada.members.find(({ name }) => name === 'Cyd')
  await place.run(ada.remove(cyd!.device))
  await place.pass(5_000)
  await place.run(ada.leave())
  const again = await away.openAgain(0)
  await place.pass(30_000)
  expect([again.peers.length, ben.peers.length]).toEqual([0, 0])
  await place.leaveAll()
})
