/** Items between neighbours that never were adjacent. */
import { applyUpdate, type Doc, Text, type Map as YMap } from 'yjs'
import { SharedDocument } from '../../src/doc/document.ts'
import { struct, updateOf } from '../doc/tools.ts'
import { comesTrue, until } from './ground.ts'
import { expectConverging } from './party.ts'
import type { Attack } from './stage.ts'
import { setScene } from './update-scene.ts'

const neighbours: Attack = {
  number: 46,
  name: 'an item between neighbours of two parents or in reversed order, racing with a deletion',
  guard: 'the neighbour check',
  transports: ['memory'],
  async play(stage) {
    const scene = await setScene(stage)
    const { ada, ben } = scene.party
    const board = ada.doc.getMap('board') as YMap<Text>
    ada.doc.transact(() => {
      board.set('a', new Text('first'))
      board.set('b', new Text('other'))
    })
    await until('Ben has both texts', () => ben.doc.getMap('board').size === 2)
    stage.switchOff(
      SharedDocument.prototype,
      'apply',
      () =>
        function (this: SharedDocument, update) {
          applyUpdate(this.doc, update)
          return 'applied'
        },
    )
    const a = firstItem(board, 'a')
    const b = firstItem(board, 'b')
    const crossed = { origin: { client: b.client, clock: b.clock + 4 }, rightOrigin: a }
    const reversed = { origin: { client: a.client, clock: a.clock + 4 }, rightOrigin: a }
    for (const sides of [crossed, reversed]) {
      const writer = scene.mallory.writer()
      const entry = writer.write(updateOf(writer.clientID, 0, struct({ ...sides, text: 'X' })))
      const [toAda, toBen] = [await scene.mallory.link(ada), await scene.mallory.link(ben)]
      toAda.sendEntries([entry])
      if (sides === crossed) (ben.doc.getMap('board') as YMap<Text>).get('a')?.delete(0, 3)
      if (sides === crossed) (ben.doc.getMap('board') as YMap<Text>).delete('a')
      toBen.sendEntries([entry])
      await Promise.all([toAda.settle(), toBen.settle()])
      toAda.close()
      toBen.close()
    }
    stage.expectGuarded(
      scene.party.told.filter((line) => line.includes('neighbours')).length >= 4,
      'not both were told of both items',
    )
    const isEqual = (): boolean => shown(ada.doc) === shown(ben.doc)
    stage.expect(await comesTrue(isEqual), `Ada has ${shown(ada.doc)}, Ben ${shown(ben.doc)}`)
    stage.expect(!shown(ada.doc).includes('X'), 'the item was let in')
    await expectConverging(stage, scene.party)
  },
}

function shown(doc: Doc): string {
  return JSON.stringify(doc.getMap('board').toJSON())
}

function firstItem(board: YMap<Text>, key: string): { readonly client: number; readonly clock: number } {
  const id = board.get(key)?._start?.id
  if (id === undefined) throw new Error('an empty text')
  return { client: id.client, clock: id.clock }
}

export const NEIGHBOUR_ATTACKS: readonly Attack[] = [neighbours]
