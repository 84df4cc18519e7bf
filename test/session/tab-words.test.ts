/** What tabs say to each other: decoders that take one spelling, and words that count from no other device. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { InstanceId } from '../../src/base/ids.ts'
import type { LiveSession } from '../../src/session/live-session.ts'
import type { Session } from '../../src/session/public.ts'
import { decodeTabNote, EVERYBODY, encodeTabNote, type TabWord } from '../../src/session/tab-notes.ts'
import type { Message } from '../../src/wire/message.ts'
import { Ground } from '../attack/ground.ts'
import { gather, textOf } from '../attack/party.ts'
import { Villain } from '../attack/villain.ts'

const instance = fc
  .uint8Array({ minLength: 8, maxLength: 8 })
  .map((bytes) => Buffer.from(bytes).toString('hex') as InstanceId)
const word: fc.Arbitrary<TabWord> = fc.oneof(
  fc.record({ kind: fc.constantFrom('here', 'gone', 'ask', 'wish', 'yield') }),
  fc.record({ kind: fc.constant('data' as const), payload: fc.uint8Array({ maxLength: 100 }) }),
  fc.record({
    kind: fc.constant('lead' as const),
    term: fc.maxSafeNat(),
    sight: fc.constantFrom('seen' as const, 'hidden' as const),
    deputy: fc.option(
      instance.filter((one) => one !== EVERYBODY),
      { nil: undefined },
    ),
  }),
)

test('a note comes back as it was said, and noise is none or the one spelling of one', () => {
  fc.assert(
    fc.property(instance, instance, word, fc.uint8Array({ maxLength: 60 }), (from, to, said, noise) => {
      expect(decodeTabNote(encodeTabNote({ from, to, word: said }))).toEqual({ from, to, word: said })
      const note = decodeTabNote(noise)
      if (note !== undefined) expect(encodeTabNote(note)).toEqual(noise)
    }),
    { numRuns: 1_000 },
  )
})

test('a note cut anywhere or made longer is none', () => {
  const from = '0a'.repeat(8) as InstanceId
  const words: readonly TabWord[] = [
    { kind: 'ask' },
    { kind: 'lead', term: 300, sight: 'hidden', deputy: from },
  ]
  for (const said of words) {
    const bytes = encodeTabNote({ from, to: EVERYBODY, word: said })
    for (let length = 0; length < bytes.length; length++)
      expect(decodeTabNote(bytes.subarray(0, length))).toBeUndefined()
    expect(decodeTabNote(Uint8Array.of(...bytes, 0))).toBeUndefined()
  }
})

/** More of Ada's chains than anybody can hold. */
function ownChainsOf(ada: Session) {
  const { replica } = ada as LiveSession
  return [...replica.log.chains.values()].map(({ device, writer }) => ({ device, writer, held: 1_000 }))
}

test('another device that speaks as a tab is hung up on, and nothing counts as shared', async () => {
  const ground = await Ground.open('memory', {})
  try {
    const party = await gather(ground)
    const mallory = await Villain.enlist(ground, party, 'editor')
    await party.ben.leave()
    party.ada.doc.getText('main').insert(0, 'unshared ')
    const words: readonly Message[] = [
      { type: 'shared', acknowledgements: ownChainsOf(party.ada) },
      {
        ...{ type: 'reach', signaling: 'open', dialing: 0, dialed: undefined, catchingUp: 0, bytesLeft: 0 },
        ...{ devices: [mallory.device], settings: new Uint8Array(0) },
      },
    ]
    for (const message of words) {
      const link = await mallory.link(party.ada)
      link.send(message)
      await link.closed
      expect(party.told.at(-1)).toContain(`${message.type} from another device`)
    }
    expect(textOf(party.ada)).toContain('unshared ')
    expect(party.ada.status.unshared).toBeGreaterThan(0)
  } finally {
    await ground.close()
  }
})
