import { applyUpdateV2, Doc, UpdateDecoderV2 } from 'yjs'
import { Reader, Writer } from '../../src/base/codec.ts'
import { SharedDocument } from '../../src/doc/document.ts'
import { deletionOf, struct, updateOf } from '../doc/tools.ts'
import { crafted } from './crafted.ts'
import { comesTrue, until } from './ground.ts'
import { contentOf, expectConverging, expectUnharmed, type Party } from './party.ts'
import type { Attack, Stage } from './stage.ts'
import {
  clientIdOfBen,
  expectEachRefused,
  ROOTS,
  type Scene,
  say,
  setScene,
  switchFirewallOff,
} from './update-scene.ts'

const otherClient: Attack = {
  number: 18,
  name: 'an entry signed by an editor whose update carries another clientID, a clock gap, a squat',
  guard: 'the firewall before Yjs',
  transports: ['memory'],
  async play(stage) {
    const scene = await setScene(stage)
    scene.party.ben.doc.getText('t').insert(0, 'abc')
    await until('Ada has it', () => scene.party.ada.doc.getText('t').length === 3)
    const before = contentOf(scene.party.ada.doc)
    switchFirewallOff(stage)
    await expectEachRefused(stage, scene, ['forged author', 'clock gap', 'clock squat', 'two clients'])
    await expectUnharmed(stage, scene.party, before)
  },
}

const deletions: Attack = {
  number: 19,
  name: 'deletions beyond what is known, up to 2^53-1, and 100,000 ranges',
  guard: 'the firewall before Yjs',
  transports: ['memory'],
  async play(stage) {
    const scene = await setScene(stage)
    const { party, mallory } = scene
    switchFirewallOff(stage)
    const costBefore = await costOfAKey(stage, party)
    const before = contentOf(party.ada.doc)
    const poison = mallory.writer()
    await say(scene, poison, crafted('delete poison', poison.clientID, clientIdOfBen(party)))
    const ranges = Array.from({ length: 19_000 }, (_, at) => [at * 2, 1] as const)
    const unknown = mallory.writer()
    stage.expectGuarded(
      (await say(scene, unknown, deletionOf(9, ...ranges))) === 'open',
      'a bogus need is no fault the bytes prove',
    )
    const many = mallory.writer()
    await say(scene, many, deletionOf(9, ...ranges, ...ranges.map(([at]) => [at + 40_000, 1] as const)))
    for (const doc of [party.ada.doc]) stage.expect(contentOf(doc) === before, "Ada's document changed")
    // the ranges themselves may still be on their way to Ben
    const costs = [
      await costOfAKey(stage, party),
      await costOfAKey(stage, party),
      await costOfAKey(stage, party),
    ]
    const costAfter = Math.min(...costs)
    stage.expect(
      costAfter <= 2 * costBefore,
      `a key cost ${costBefore} bytes read before, ${costAfter} after`,
    )
    await expectConverging(stage, party)
  },
}

/** Bytes read one by one by everybody until a key of Ben's is at Ada's. */
async function costOfAKey(stage: Stage, { ada, ben }: Party): Promise<number> {
  let reads = 0
  let counting = true
  stage.replace(
    Reader.prototype,
    'u8',
    (original) =>
      function (this: Reader) {
        if (counting) reads++
        return original.call(this)
      },
  )
  const before = ada.doc.getText('t').length
  ben.doc.getText('t').insert(0, 'k')
  await comesTrue(() => ada.doc.getText('t').length > before)
  counting = false
  return reads
}

const bombs: Attack = {
  number: 20,
  name: 'array bomb, GCs, roots, deep values, nested types, subdocument, prototype key, self parent',
  guard: 'the firewall before Yjs',
  transports: ['memory'],
  async play(stage) {
    const scene = await setScene(stage)
    switchFirewallOff(stage)
    const names = ['foreign root', 'prototype', 'deep Any', 'subdocument', 'skip struct', 'garbage']
    const more = ['trailing bytes', 'overlong varint', 'empty text', 'clock 2^53']
    // without its guard the array bomb takes 270 MB: the others show enough
    const bombs = stage.guard === 'on' ? ['array bomb', 'struct count 2^32'] : []
    await expectEachRefused(stage, scene, [...names, ...more, ...bombs])
    await expectOwnReferencesRefused(stage, scene)
    await expectLargeOnesCheap(stage, scene)
    const roots = [...scene.party.ada.doc.share.keys()].sort().join()
    stage.expect(roots === [...Object.keys(ROOTS), 'coterie'].sort().join(), `the roots are ${roots}`)
    await expectUnharmed(stage, scene.party, scene.before)
  },
}

/** "self parent" and "future origin, own client" of the vectors name their writer throughout. */
async function expectOwnReferencesRefused(stage: Stage, scene: Scene): Promise<void> {
  const type = { kind: 7, bytes: Uint8Array.of(0) }
  for (const make of [
    (client: number) => [struct({ parent: { client, clock: 0 }, content: type })],
    (client: number) => [struct({ parent: 't' }), struct({ origin: { client, clock: 50 } })],
  ]) {
    const writer = scene.mallory.writer()
    const told = scene.party.told.length
    await say(scene, writer, updateOf(writer.clientID, 0, ...make(writer.clientID)))
    stage.expectGuarded(scene.party.told.length > told, 'nobody was told of a reference to itself')
  }
}

/** Reads until the first wrong struct: a few, whatever stands behind it. */
async function expectLargeOnesCheap(stage: Stage, scene: Scene): Promise<void> {
  if (stage.guard === 'off') return
  let reads = 0
  const { inspect } = SharedDocument.prototype
  stage.replace(
    Reader.prototype,
    'u8',
    (original) =>
      function (this: Reader) {
        reads++
        return original.call(this)
      },
  )
  stage.replace(
    SharedDocument.prototype,
    'inspect',
    () =>
      function (this: SharedDocument, update, clientID) {
        reads = 0
        const inspection = inspect.call(this, update, clientID)
        stage.expect(reads <= 64, `refusing ${update.length} bytes took ${reads} reads`)
        return inspection
      },
  )
  const block = (count: number, client: number, each: (writer: Writer, at: number) => void): Uint8Array => {
    const writer = new Writer().varuint(1).varuint(count).varuint(client).varuint(0)
    for (let at = 0; at < count; at++) each(writer, at)
    return writer.varuint(0).finish()
  }
  const nested = (client: number, at: number) =>
    struct({
      parent: at === 0 ? 'board' : { client, clock: at - 1 },
      key: 'k',
      content: { kind: 7, bytes: Uint8Array.of(0) },
    })
  for (const make of [
    (client: number) => block(100_000, client, (to) => to.u8(0).u8(1)),
    (client: number) => block(15_000, client, (to, at) => to.fixed(struct({ parent: `r${at}` }))),
    (client: number) => block(10_000, client, (to, at) => to.fixed(nested(client, at))),
  ]) {
    const writer = scene.mallory.writer()
    const told = scene.party.told.length
    await say(scene, writer, make(writer.clientID))
    stage.expect(scene.party.told.length > told, 'nobody was told of a large one')
  }
}

const secondVersion: Attack = {
  number: 21,
  name: 'bytes of the second version of Yjs updates',
  guard: 'the firewall before Yjs',
  transports: ['memory'],
  async play(stage) {
    const scene = await setScene(stage)
    let reached = 0
    for (const name of ['readClient', 'readInfo', 'readLen', 'resetDsCurVal', 'readDsClock'] as const) {
      stage.replace(
        UpdateDecoderV2.prototype,
        name,
        (original) =>
          function (this: UpdateDecoderV2) {
            reached++
            return original.call(this) as never
          },
      )
    }
    stage.switchOff(
      SharedDocument.prototype,
      'inspect',
      (original) =>
        function (this: SharedDocument, update, clientID) {
          tryDecoding(update)
          return original.call(this, update, clientID)
        },
    )
    const writer = scene.mallory.writer()
    await say(scene, writer, crafted('V2 merge hang', writer.clientID))
    stage.expect(reached === 0, `${reached} calls of a V2 decoder`)
    await expectUnharmed(stage, scene.party, scene.before)
  },
}

/** What an app does that takes both versions. Merging or decoding these bytes would never end; applying throws. */
function tryDecoding(update: Uint8Array): void {
  try {
    applyUpdateV2(new Doc(), update)
  } catch (error) {
    if (!(error instanceof Error)) throw error
  }
}

export const UPDATE_ATTACKS: readonly Attack[] = [otherClient, deletions, bombs, secondVersion]
