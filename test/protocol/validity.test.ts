/**
 * How far a chain counts, at the edges: where a cut meets a checkpoint, a role given back, a Join left out; whose word
 * counts when all that is held is judged anew. That every order ends alike is in cuts.test.ts and forks.test.ts.
 */
import { describe, expect, test } from 'vitest'
import { heldSeq } from '../../src/protocol/chain.ts'
import { passesCut } from '../../src/protocol/validity.ts'
import { encodeAdoption } from '../../src/wire/adoption.ts'
import type { Entry } from '../../src/wire/entry.ts'
import { Author, ada, ben, cyd, kinds, nextRecord, person, vic } from './log-fixture.ts'
import { EPOCH_ONE, edits, endAt, LogPeer, lineAt, makes, removes, restarts } from './log-peer.ts'

/** The first place of the roster that is free. */
const AT = 4
const bens = edits(new Author(ben), 5)
const adopts = (author: Author, of: Author, seq: number, rosterSeq = 3): Entry =>
  author.say('adopt', encodeAdoption([endAt(of, seq)]), { rosterSeq })
const needs = (author: Author, of: Author, clock: number): Entry =>
  author.edit({ needs: [{ clientID: of.clientID, clock }] })

describe('a cut', () => {
  test('ends nothing of a writer that began after it', () => {
    const anew = edits(new Author(ben, 'anew'), 2, AT + 1)
    const peer = new LogPeer()
    peer.sign(makes(ben, 'viewer', [lineAt(bens, 2)]))
    peer.sign(makes(ben, 'editor'))
    peer.take(...bens.entries, ...anew.entries)
    expect(peer.applied(bens, anew)).toEqual([2, 2])
  })

  test('ends nothing of a writer that began knowing of it', () => {
    const anew = new Author(ben, 'anew')
    anew.say('profile', new Uint8Array(1), { rosterSeq: AT })
    edits(anew, 1, AT + 1)
    const peer = new LogPeer()
    peer.sign(makes(ben, 'viewer'))
    peer.sign(makes(ben, 'editor'))
    peer.take(...anew.entries)
    expect(peer.applied(anew)).toEqual([2])
  })

  test('closes a writer for good that it names, also where a checkpoint stands for what it wrote before', () => {
    const onward = edits(new Author(ben), 2)
    edits(onward, 2, AT + 1)
    const peer = new LogPeer()
    peer.sign(makes(ben, 'viewer', [lineAt(bens, 2)]))
    peer.sign(makes(ben, 'editor'))
    peer.cover(onward, 2, AT + 1)
    peer.take(...onward.entries.slice(2))
    expect([peer.applied(onward), heldSeq(peer.chain(onward))]).toEqual([[2], 4])
  })

  test('lower than what a checkpoint of before covers takes back what it covers', () => {
    const peer = new LogPeer()
    peer.cover(bens, 4, AT - 1)
    peer.sign(removes(ben, [lineAt(bens, 3)]))
    expect(peer.chain(bens).validTo).toBe(3)
  })

  test('leaves standing what a checkpoint of after it covers, and nothing more', () => {
    const peer = new LogPeer()
    peer.sign(removes(ben, [lineAt(bens, 3)]))
    peer.cover(bens, 4, AT)
    peer.take(bens.entries[4] as Entry)
    expect([peer.chain(bens).validTo, peer.applied(bens)]).toEqual([4, [4]])
  })

  test.each([
    ['in the middle of what is held', 3, 2],
    ['at its end', 5, 4],
  ])('where the owner saw another entry %s counts up to before that', (_, seq, counts) => {
    const peer = new LogPeer()
    peer.take(...bens.entries)
    peer.sign(removes(ben, [{ ...lineAt(bens, seq), id: lineAt(bens, 1).id }]))
    expect(peer.applied(bens)).toEqual([counts])
  })

  test('beyond what is held counts as far as entries come', () => {
    const peer = new LogPeer()
    peer.take(...bens.entries.slice(0, 2))
    peer.sign(removes(ben, [lineAt(bens, 4)]))
    expect(peer.chain(bens).validTo).toBe(4)
    peer.take(...bens.entries)
    expect(peer.applied(bens)).toEqual([4])
  })

  test.each([
    ['the same there', 4, lineAt(bens, 4).id, 4],
    ['another entry there', 4, lineAt(bens, 1).id, 3],
    ['something within it', 3, lineAt(bens, 1).id, 3],
    ['another entry beyond it', 5, lineAt(bens, 1).id, 4],
  ])('where a checkpoint of before covers four entries and the owner saw %s', (_, seq, id, counts) => {
    const peer = new LogPeer()
    peer.cover(bens, 4, AT - 1)
    peer.take(bens.entries[4] as Entry)
    peer.sign(removes(ben, [{ writer: bens.writer, seq, id }]))
    expect(peer.chain(bens).validTo).toBe(counts)
  })

  test('is not made by a Join that nobody left out', () => {
    const peer = new LogPeer()
    peer.take(...bens.entries)
    peer.sign(makes(ben, 'editor'))
    expect(peer.applied(bens)).toEqual([5])
  })
})

describe('a Join that a record leaves out', () => {
  test('takes with it what was written on it, and not who somebody said to be', () => {
    const [named, writing] = [new Author(ben), edits(new Author(ben, 'second'), 2)]
    named.say('profile', new Uint8Array(1))
    edits(named, 1)
    const peer = new LogPeer()
    peer.take(...named.entries, ...writing.entries)
    peer.sign(EPOCH_ONE)
    expect(peer.applied(named, writing)).toEqual([1, 0])
  })

  test('takes with it what a checkpoint of before covers', () => {
    const peer = new LogPeer()
    peer.cover(bens, 4, AT - 1)
    peer.sign(EPOCH_ONE)
    expect(peer.chain(bens).validTo).toBe(0)
  })

  test('takes nothing of what the owner wrote', () => {
    const adas = edits(new Author(ada), 2)
    const peer = new LogPeer()
    peer.take(...adas.entries)
    peer.sign(EPOCH_ONE)
    expect(peer.applied(adas)).toEqual([2])
  })
})

describe('a word for what was cut', () => {
  const removal = removes(ben, [lineAt(bens, 2)])

  /** Cyd says something and then vouches for all of Ben's: once known before the removal, once after. */
  function bothWays(before: (author: Author, peer: LogPeer) => void): readonly (readonly number[])[] {
    return [true, false].map((isFirst) => {
      const peer = new LogPeer()
      const author = new Author(cyd)
      before(author, peer)
      adopts(author, bens, 5)
      const parcels = [...bens.entries, ...author.entries]
      if (isFirst) peer.take(...parcels)
      const outputs = peer.take(nextRecord(peer.log.state.roster, removal))
      if (!isFirst) peer.take(...parcels)
      const applied = peer.applied(bens, author)
      // nothing is rebuilt for a word that counts
      expect(kinds(outputs).includes('voided')).toBe(isFirst && applied[0] === 2)
      return applied
    })
  }

  test('counts when its time has come', () => {
    expect(bothWays((author) => edits(author, 1))).toEqual([
      [5, 2],
      [5, 2],
    ])
  })

  test.each<[string, (author: Author, peer: LogPeer) => void]>([
    ['what its author wrote before needs something missing', (author) => needs(author, new Author(vic), 1)],
    [
      'what its author vouched for before is not known here',
      (author) => adopts(author, edits(new Author(ada), 1), 1),
    ],
    [
      'what its author vouched for before is missing here',
      (author, peer) => {
        const adas = edits(new Author(ada), 2)
        peer.take(adas.entries[0] as Entry)
        adopts(author, adas, 2)
      },
    ],
    [
      'what its author vouched for before waits here itself',
      (author, peer) => {
        const adas = edits(new Author(ada), 1)
        needs(adas, new Author(vic), 1)
        peer.take(...adas.entries)
        adopts(author, adas, 2)
      },
    ],
    [
      'what its author vouched for before is known as something else here',
      (author, peer) => {
        const [adas, other] = [edits(new Author(ada), 1), new Author(ada)]
        other.edit({ weight: 1 })
        peer.take(...other.entries)
        adopts(author, adas, 1)
      },
    ],
    [
      'what it builds on waits for something missing',
      (author, peer) => {
        const adas = new Author(ada)
        needs(adas, new Author(vic), 1)
        peer.take(...adas.entries)
        needs(author, adas, 1)
      },
    ],
  ])('waits as long as %s', (_, before) => {
    expect(bothWays(before)).toEqual([
      [2, 0],
      [2, 0],
    ])
  })

  test('counts where what its author built on and vouched for before is here', () => {
    const result = bothWays((author, peer) => {
      const adas = edits(new Author(ada), 3)
      peer.take(...adas.entries)
      needs(author, adas, 3)
      adopts(author, adas, 3)
    })
    expect(result).toEqual([
      [5, 3],
      [5, 3],
    ])
  })

  test('counts where a checkpoint covers what its author built on', () => {
    const result = bothWays((author, peer) => {
      const adas = edits(new Author(ada), 3)
      peer.cover(adas, 2, 3)
      peer.take(adas.entries[2] as Entry)
      needs(author, adas, 2)
      needs(author, adas, 3)
    })
    expect(result).toEqual([
      [5, 3],
      [5, 3],
    ])
  })

  test('counts where a checkpoint covers all that its author built on', () => {
    const result = bothWays((author, peer) => {
      const adas = edits(new Author(ada), 3)
      peer.cover(adas, 3, 3)
      needs(author, adas, 3)
    })
    expect(result).toEqual([
      [5, 2],
      [5, 2],
    ])
  })

  test('waits where what its author built on goes beyond what a checkpoint covers, and waits itself', () => {
    const result = bothWays((author, peer) => {
      const adas = edits(new Author(ada), 2)
      adas.say('profile', new Uint8Array(1))
      needs(adas, new Author(vic), 1)
      peer.cover(adas, 2, 3)
      peer.take(...adas.entries.slice(2))
      needs(author, adas, 3)
    })
    expect(result).toEqual([
      [2, 0],
      [2, 0],
    ])
  })

  test.each([
    ['counts where', 4, [5, 2]],
    ['waits where not all of', 5, [2, 0]],
  ])('%s what its author built on is of no writer and covered', (_, clock, applied) => {
    const result = bothWays((author, peer) => {
      peer.coverFree(77, 4)
      author.edit({ needs: [{ clientID: 77, clock }] })
    })
    expect(result).toEqual([applied, applied])
  })

  test('counts where what its author built on comes later in the order of writers, and builds on others itself', () => {
    const result = bothWays((author, peer) => {
      edits(author, 1)
      const [adas, second] = [new Author(ada), edits(new Author(ada, 'second'), 1)]
      needs(adas, second, 1)
      peer.take(...author.entries, ...adas.entries, ...second.entries)
      needs(author, adas, 1)
    })
    expect(result).toEqual([
      [5, 3],
      [5, 3],
    ])
  })

  test('counts where its author vouched before for a branch that is lost', () => {
    const result = bothWays((author, peer) => {
      const [one, other] = [new Author(ada), new Author(ada)]
      one.edit({ weight: 1 })
      other.edit({ weight: 2 })
      peer.take(...one.entries, ...other.entries)
      const isFirst = (one.entries[0] as Entry).id < (other.entries[0] as Entry).id
      const [survivor, lost] = isFirst ? [one, other] : [other, one]
      peer.take(...survivor.entries)
      adopts(author, lost, 1)
    })
    expect(result).toEqual([
      [5, 2],
      [5, 2],
    ])
  })

  test('is building on it, also where it was cut at nothing', () => {
    const author = new Author(cyd)
    needs(author, bens, 5)
    const peer = new LogPeer()
    peer.take(...bens.entries, ...author.entries)
    const outputs = peer.take(nextRecord(peer.log.state.roster, removes(ben)))
    expect([kinds(outputs).includes('voided'), peer.applied(bens, author)]).toEqual([false, [5, 1]])
  })

  test('is building on it, and what its author vouches for next counts as well', () => {
    const dee = person('Dee')
    const [dees, author] = [edits(new Author(dee), 2), new Author(cyd)]
    needs(author, bens, 5)
    adopts(author, dees, 2)
    const peer = new LogPeer([dee])
    peer.take(...bens.entries, ...dees.entries, ...author.entries)
    for (const who of [dee, ben])
      expect(kinds(peer.take(nextRecord(peer.log.state.roster, removes(who))))).not.toContain('voided')
    expect(peer.applied(bens, dees, author)).toEqual([5, 2, 2])
  })

  test('is given by who was removed as well, up to the cut', () => {
    const author = edits(new Author(cyd), 1)
    adopts(author, bens, 5)
    edits(author, 1)
    const peer = new LogPeer()
    peer.take(...bens.entries, ...author.entries)
    peer.sign(removes(cyd, [lineAt(author, 2)]))
    expect(kinds(peer.take(nextRecord(peer.log.state.roster, removal)))).not.toContain('voided')
    expect(peer.applied(bens, author)).toEqual([5, 2])
  })

  test('waits with what it is given for', () => {
    const [waiting, author] = [edits(new Author(ben), 1), new Author(cyd)]
    needs(waiting, new Author(vic), 1)
    adopts(author, waiting, 2)
    const peer = new LogPeer()
    peer.sign(removes(ben, [lineAt(waiting, 1)]))
    peer.take(...waiting.entries, ...author.entries)
    expect([peer.applied(waiting, author), peer.chain(waiting).validTo]).toEqual([[1, 0], 2])
  })

  test('is not given by another writer of the same device', () => {
    const own = new Author(ben, 'second')
    needs(own, bens, 5)
    const peer = new LogPeer()
    peer.take(...bens.entries, ...own.entries)
    peer.sign(removes(ben, [lineAt(bens, 2), lineAt(own, 1)]))
    expect(peer.applied(bens, own)).toEqual([2, 0])
  })

  test('counts no further than it goes, and no less for one of before that goes less far', () => {
    const [one, other] = [new Author(cyd), new Author(ada)]
    adopts(one, bens, 4)
    adopts(other, bens, 3)
    const peer = new LogPeer()
    peer.sign(removal)
    peer.take(...bens.entries, ...one.entries, ...other.entries)
    expect([peer.chain(bens).adoptedTo, peer.applied(bens)]).toEqual([4, [4]])
  })
})

describe('a checkpoint that covers what is contradicted', () => {
  /** Two branches of Ben's that part at the third entry; the second is the one that survives. */
  function parted(): { peer: LogPeer; lost: Author; survivor: Author } {
    const [one, other] = [1, 2].map((weight) => {
      const author = edits(new Author(ben), 2)
      for (let n = 0; n < 3; n++) author.edit({ weight })
      return author
    }) as [Author, Author]
    const isFirst = (one.entries[2] as Entry).id < (other.entries[2] as Entry).id
    const [survivor, lost] = isFirst ? [one, other] : [other, one]
    const peer = new LogPeer()
    peer.take(...survivor.entries, ...lost.entries)
    return { peer, lost, survivor }
  }
  const covers = (peer: LogPeer, author: Author, seq: number): boolean =>
    passesCut(peer.log.state, { heads: [{ ...endAt(author, seq), nextClock: seq }], rosterSeq: AT })

  test('passes by nothing up to where the branches part, and by all of the branch that is lost', () => {
    const { peer, lost } = parted()
    expect([1, 2, 3, 4, 5].map((seq) => covers(peer, lost, seq))).toEqual([false, false, true, true, true])
  })

  test('passes by what nobody vouches for of the branch that survives', () => {
    const { peer, survivor } = parted()
    expect([2, 3, 4].map((seq) => covers(peer, survivor, seq))).toEqual([false, true, true])
    const word = new Author(cyd)
    adopts(word, survivor, 4)
    peer.take(...word.entries)
    expect([3, 4, 5].map((seq) => covers(peer, survivor, seq))).toEqual([false, false, true])
  })

  test('a word for a branch is lost from where the branches part, and waits below that for a proof', () => {
    const { peer, lost } = parted()
    const [there, below] = [new Author(cyd), new Author(cyd, 'second')]
    adopts(there, lost, 3)
    const unknown = { ...endAt(lost, 2), id: endAt(lost, 1).id }
    below.say('adopt', encodeAdoption([unknown]))
    peer.take(...there.entries, ...below.entries)
    expect(peer.applied(there, below)).toEqual([1, 0])
  })

  test('passes by nothing where more is covered than is held: nobody here knows better', () => {
    const { peer, survivor } = parted()
    edits(survivor, 1)
    expect(covers(peer, survivor, 6)).toBe(false)
  })

  test('of several writers passes by the one', () => {
    const { peer, lost } = parted()
    const adas = edits(new Author(ada), 1)
    peer.take(...adas.entries)
    const heads = [endAt(adas, 1), endAt(lost, 4)].map((end) => ({ ...end, nextClock: end.seq }))
    expect(passesCut(peer.log.state, { heads, rosterSeq: AT })).toBe(true)
    expect(passesCut(peer.log.state, { heads: heads.slice(0, 1), rosterSeq: AT })).toBe(false)
    expect(passesCut(peer.log.state, { heads: [...heads].reverse(), rosterSeq: AT })).toBe(true)
  })

  test('passes by nothing of a writer nobody here has heard of', () => {
    const unknown = edits(new Author(ben, 'unknown'), 1)
    const peer = new LogPeer()
    peer.sign(removes(ben))
    expect(covers(peer, unknown, 1)).toBe(false)
  })

  test('passes by what a Restart left out', () => {
    const peer = new LogPeer()
    peer.take(...bens.entries)
    peer.sign(restarts(endAt(bens, 3)))
    expect([3, 4].map((seq) => covers(peer, bens, seq))).toEqual([false, true])
  })
})
