/**
 * Mallory tells two people two histories, and then brings one of them what the other signed in good faith: whoever
 * signed that is not named for what it was told.
 */
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { LiveSession } from '../../src/session/live-session.ts'
import { comesTrue, Ground, until } from '../attack/ground.ts'
import { gather, textOf } from '../attack/party.ts'
import { type HostileWriter, Villain } from '../attack/villain.ts'
import { struct, updateOf } from '../doc/tools.ts'

let ground: Ground

beforeEach(async () => {
  ground = await Ground.open('memory', {})
})

afterEach(() => ground.close())

/** The next letter of a writer whose entries have one letter each. */
function letter(writer: HostileWriter, text: string) {
  const clock = writer.seq
  const origin = clock > 0 ? { client: writer.clientID, clock: clock - 1 } : undefined
  return writer.write(updateOf(writer.clientID, clock, struct({ parent: 'main', text, origin })))
}

test.each([
  ['other entries at the same places', 'X', 'B'],
  ['more entries, whose words are others', 'XYZ', 'B'],
])('whose checkpoint holds another branch of a writer is not named: %s', async (_, toAda, toBen) => {
  const party = await gather(ground)
  const { ada, ben, told } = party
  const mallory = await Villain.enlist(ground, party, 'editor')
  const between = ground.network.memory?.links[0]
  between?.stall()
  const [adas, bens] = [await mallory.link(ada), await mallory.link(ben)]
  const one = mallory.writer()
  const other = mallory.writer(one.id)
  adas.sendEntries([...toAda].map((text) => letter(one, text)))
  bens.sendEntries([...toBen].map((text) => letter(other, text)))
  await until('each reads one', () => textOf(ada).includes(toAda) && textOf(ben).includes(toBen))
  const { entry } = (ada as LiveSession).replica.checkpoints.make()
  bens.sendEntries([entry])
  expect(await bens.settle()).toBe('open')
  between?.resume()
  const isDecided = (): boolean =>
    [ada, ben].every(({ status }) => status.problem?.kind === 'fork') && textOf(ada) === textOf(ben)
  expect(await comesTrue(isDecided, 10_000)).toBe(true)
  expect(told.filter((line) => line.includes('Ada'))).toEqual([])
})
