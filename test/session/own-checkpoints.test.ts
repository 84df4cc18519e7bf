/** Checkpoints that whole sessions make for others and start their own log from. */
import { expect, test } from 'vitest'
import { heldSeq } from '../../src/protocol/chain.ts'
import { openCheckpoint } from '../../src/protocol/rebase.ts'
import type { LiveSession } from '../../src/session/live-session.ts'
import { textOf } from './town.ts'
import { gathered, virtualTown } from './virtual-town.ts'

test('one made while another is made takes its place, and nothing of the log goes from the disk', async () => {
  const place = await virtualTown()
  const [ada] = (await gathered(place, 2)) as [LiveSession, LiveSession]
  ada.doc.getText('main').insert(0, 'text ')
  await place.pass(5_000)
  const { replica } = ada
  const { checkpoints } = replica
  const author = replica.author.bind(replica)
  let asked = 0
  replica.author = (kind, body) => {
    author(kind, body)
    // as somebody does who hears of it and lacks too much
    if (asked++ === 0) checkpoints.make()
  }
  const { entry, checkpoint } = checkpoints.make()
  expect(openCheckpoint(replica.log, entry)).toEqual(checkpoint)
  await place.run(ada.saved())
  const held = [...replica.log.chains.values()].map((chain) => [chain.id, heldSeq(chain)])
  const again = (await place.devices[0]?.openAgain(0)) as LiveSession
  const heldAgain = [...again.replica.log.chains.values()].map((chain) => [chain.id, heldSeq(chain)])
  expect(heldAgain).toEqual(expect.arrayContaining(held))
  expect(textOf(again)).toBe('text ')
  await place.leaveAll()
})
