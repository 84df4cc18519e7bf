/** Acceptance, gate by gate in the order of docs/protocol.md: each entry here trips one gate and would pass all others. */
import { describe, expect, test } from 'vitest'
import type { SessionId } from '../../src/base/ids.ts'
import { idOf } from '../../src/base/ids.ts'
import { headsOf, isSettled } from '../../src/protocol/log.ts'
import { Roster } from '../../src/protocol/roster.ts'
import { chainOf } from '../../src/wire/heads.ts'
import {
  Author,
  ada,
  ben,
  bodyOf,
  crypto,
  cyd,
  ENTRY_KEY,
  fullRoster,
  joinOf,
  kinds,
  person,
  records,
  session,
  TestLog,
  vic,
} from './log-fixture.ts'

const held = (log: TestLog, author: Author): number =>
  log.state.chains.get(chainOf({ device: author.who.device, writer: author.writer }))?.entries.length ?? 0
const endOf = (log: TestLog, author: Author) =>
  log.state.chains.get(chainOf({ device: author.who.device, writer: author.writer }))?.ended

describe('an honest entry', () => {
  test('is held, stored, spread and applied in the turn it comes in', () => {
    const log = new TestLog()
    const author = new Author(ben)
    expect(kinds(log.receive(author.edit()))).toEqual(['applied', 'held'])
    expect(headsOf(log.state)).toMatchObject([{ held: 1, applied: 1, ended: false }])
  })

  test('of a viewer counts when it writes no text', () => {
    const log = new TestLog()
    expect(kinds(log.receive(new Author(vic).say('profile', new Uint8Array(3))))).toEqual(['applied', 'held'])
  })

  test('that only deletes takes no clock', () => {
    const log = new TestLog()
    const author = new Author(ben)
    log.receive(author.edit({ length: 4 }), author.edit({ clock: 0, length: 0, ownNeed: 4 }))
    const next = author.edit({ clock: 4, length: 2 })
    expect(kinds(log.receive(next))).toEqual(['applied', 'held'])
  })
})

describe('what the bytes alone prove closes the link', () => {
  test('an entry of another session', () => {
    const log = new TestLog()
    const other = idOf<SessionId>(new Uint8Array(16))
    expect(log.receive(new Author(ben).edit({}, { session: other }))).toMatchObject([
      { type: 'violation', violation: { violation: 'malformed' } },
    ])
  })

  test('a signature its device did not make, and what came with it is left alone', () => {
    const log = new TestLog()
    const forged = new Author(ben).edit({}, {}, cyd.sign)
    const outputs = log.receive(forged, new Author(cyd).edit())
    expect(outputs).toMatchObject([{ type: 'violation', violation: { violation: 'forged' } }])
    expect(headsOf(log.state)).toEqual([])
  })

  test('an inside that does not open under its epoch', () => {
    const log = new TestLog(fullRoster(), () => new Uint8Array(32))
    expect(log.receive(new Author(ben).edit())).toMatchObject([
      { type: 'violation', violation: { violation: 'forged' } },
    ])
  })

  test('an update the stateless firewall refuses', () => {
    const log = new TestLog()
    expect(log.receive(new Author(ben).edit({ fault: 'malformed' }))).toMatchObject([
      { type: 'violation', violation: { violation: 'firewall' } },
    ])
  })
})

describe('what depends on roster, base or document never closes a link', () => {
  test('an entry of an unknown device waits for the roster, and counts once it has grown', () => {
    const roster = fullRoster()
    const log = new TestLog(roster)
    const dan = person('Dan')
    expect(kinds(log.receive(new Author(dan).edit()))).toEqual(['roster-behind'])
    roster.takeJoin(joinOf(dan, 'editor'))
    expect(kinds(log.step({ type: 'roster-grew' }))).toEqual(['applied', 'held'])
  })

  test('a rosterSeq nobody has seen yet waits too', () => {
    const roster = new Roster(crypto, session)
    for (const record of records.slice(0, 3)) roster.takeRecord(record)
    const log = new TestLog(roster)
    expect(kinds(log.receive(new Author(ada).edit({}, { rosterSeq: 3 })))).toEqual(['roster-behind'])
    roster.takeRecord(records[3]!)
    expect(kinds(log.step({ type: 'roster-grew' }))).toEqual(['applied', 'held'])
  })

  test("a forged entry laid aside takes nobody else's with it when the roster grows", () => {
    const roster = fullRoster()
    const log = new TestLog(roster)
    const dan = person('Dan')
    log.receive(new Author(dan, 'forged').edit({}, {}, cyd.sign))
    log.receive(new Author(dan).edit())
    roster.takeJoin(joinOf(dan, 'editor'))
    expect(kinds(log.step({ type: 'roster-grew' }))).toEqual(['violation', 'applied', 'held'])
  })

  test('what is laid aside for the roster has a bound', () => {
    const log = new TestLog()
    const author = new Author(person('Nobody'))
    for (let count = 0; count < 1_100; count++) log.receive(author.edit())
    expect(log.state.aside.length).toBe(1_024)
    const heavy = new TestLog()
    for (let count = 0; count < 100; count++) heavy.receive(author.edit({ weight: 250_000 }))
    expect(heavy.state.aside.length).toBeLessThan(70)
  })

  test('an entry whose epoch key is not here waits', () => {
    const keys: { key: Uint8Array | undefined } = { key: undefined }
    const log = new TestLog(fullRoster(), () => keys.key)
    expect(kinds(log.receive(new Author(ben).edit()))).toEqual(['roster-behind'])
    keys.key = ENTRY_KEY
    expect(kinds(log.step({ type: 'roster-grew' }))).toEqual(['applied', 'held'])
  })

  test('an entry whose predecessor is missing is asked for', () => {
    const log = new TestLog()
    const author = new Author(ben)
    author.edit()
    expect(kinds(log.receive(author.edit()))).toEqual(['gap'])
    expect(headsOf(log.state)).toEqual([])
  })

  test('an entry that follows another predecessor than the one held is asked about', () => {
    const log = new TestLog()
    const author = new Author(ben)
    const first = author.edit()
    log.receive(first)
    const stray = author.edit({}, { prev: new Author(cyd).edit().id })
    expect(kinds(log.receive(stray))).toEqual(['gap'])
  })

  test('a falling rosterSeq ends its writer just before it', () => {
    const log = new TestLog()
    const author = new Author(ada)
    log.receive(author.edit())
    const outputs = log.receive(author.edit({}, { rosterSeq: 2 }))
    expect(outputs).toMatchObject([{ type: 'ended', because: 'refused' }])
    expect([held(log, author), endOf(log, author)]).toEqual([1, 'refused'])
  })

  test("a viewer's text ends its writer, and nothing of it reaches the document", () => {
    for (const kind of ['edit', 'checkpoint', 'adopt'] as const) {
      const log = new TestLog()
      const author = new Author(vic)
      const outputs = log.receive(author.say(kind, bodyOf({ clock: 0, length: 1 })))
      expect(outputs).toMatchObject([{ type: 'ended', because: 'void' }])
      expect(log.document.applied).toEqual([])
    }
  })

  test('a checkpoint that cannot be read is the fault of whoever brings it, and is never passed on', () => {
    const log = new TestLog()
    const author = new Author(ben)
    expect(kinds(log.receive(author.say('checkpoint', bodyOf({ clock: 0, length: 1 }))))).toEqual([
      'violation',
    ])
    expect(held(log, author)).toBe(0)
  })

  test("a clock that is not the writer's next ends it", () => {
    for (const clock of [0, 2]) {
      const log = new TestLog()
      const author = new Author(ben)
      log.receive(author.edit())
      expect(log.receive(author.edit({ clock }))).toMatchObject([{ type: 'ended', because: 'refused' }])
    }
  })

  test('a deletion of own content that is not there yet ends its writer', () => {
    const log = new TestLog()
    const author = new Author(ben)
    log.receive(author.edit())
    const outputs = log.receive(author.edit({ clock: 0, length: 0, ownNeed: 2 }))
    expect(outputs).toMatchObject([{ type: 'ended', because: 'refused' }])
  })

  test('needs that are not met park it: held and forwarded, not applied, until they come', () => {
    const log = new TestLog()
    const [one, other] = [new Author(ben), new Author(cyd)]
    const needed = one.edit()
    const parked = other.edit({ needs: [{ clientID: one.clientID, clock: 1 }] })
    expect(log.receive(parked)).toMatchObject([{ type: 'held', parked: true }])
    expect(isSettled(log.state)).toBe(false)
    expect(kinds(log.receive(needed))).toEqual(['applied', 'held', 'applied'])
    expect(isSettled(log.state)).toBe(true)
  })

  test('a bogus need parks its own writer for ever and nobody else', () => {
    const log = new TestLog()
    const [liar, other] = [new Author(ben), new Author(cyd)]
    log.receive(liar.edit({ needs: [{ clientID: 12_345, clock: 1 }] }), liar.edit(), other.edit())
    expect(headsOf(log.state)).toMatchObject([
      { device: ben.device, held: 2, applied: 0 },
      { device: cyd.device, held: 1, applied: 1 },
    ])
  })

  test('neighbours that cannot be end the writer just before the entry, parked or not', () => {
    const log = new TestLog()
    const [one, other] = [new Author(ben), new Author(cyd)]
    expect(kinds(log.receive(one.edit({ fault: 'ill-placed' })))).toEqual(['dropped', 'ended'])
    other.edit()
    const needed = other.entries[0]!
    const third = new Author(ada)
    log.receive(
      third.edit(),
      third.edit({ needs: [{ clientID: other.clientID, clock: 1 }], fault: 'ill-placed' }),
      third.edit(),
    )
    expect(kinds(log.receive(needed))).toEqual(['applied', 'held', 'dropped', 'dropped', 'ended'])
    expect([held(log, third), endOf(log, third)]).toEqual([1, 'refused'])
  })

  test('nothing comes back to a chain that has ended', () => {
    const log = new TestLog()
    const author = new Author(vic)
    log.receive(author.edit())
    expect(log.receive(author.entries[0]!, author.say('profile', new Uint8Array(1)))).toEqual([])
    expect(held(log, author)).toBe(0)
  })

  test('one device has at most 1,024 writers, and another device as many', () => {
    const log = new TestLog()
    for (let count = 0; count < 1_024; count++) log.receive(new Author(ben, String(count)).edit())
    expect(log.receive(new Author(ben, 'one more').edit())).toEqual([])
    expect(kinds(log.receive(new Author(cyd).edit()))).toEqual(['applied', 'held'])
  })
})

describe('a repetition', () => {
  test('costs nothing: an entry held already is not even verified', () => {
    const log = new TestLog()
    const author = new Author(ben)
    const entry = author.edit()
    log.receive(entry)
    const again = { ...entry, signature: new Uint8Array(64) }
    expect(kinds(log.receive(again))).toEqual(['duplicate'])
  })

  test('is one for what is parked too', () => {
    const log = new TestLog()
    const entry = new Author(ben).edit({ needs: [{ clientID: 1, clock: 1 }] })
    log.receive(entry)
    expect(kinds(log.receive(entry))).toEqual(['duplicate'])
  })
})

describe('a fork', () => {
  const forked = () => {
    const log = new TestLog()
    const author = new Author(ben)
    log.receive(author.edit(), author.edit())
    const other = author.seal('edit', bodyOf({ clock: 1, length: 7 }), {
      seq: 2,
      prev: author.entries[0]!.id,
    })
    return { log, author, other }
  }

  test('is two signed entries at one place: nothing of its writer counts from there on', () => {
    const { log, author, other } = forked()
    const outputs = log.receive(other)
    expect(outputs).toMatchObject([
      { type: 'fork', device: ben.device, proof: [{ id: author.entries[1]!.id }, { id: other.id }] },
      { type: 'voided' },
    ])
    expect(held(log, author)).toBe(2)
    expect(kinds(log.receive(author.edit()))).not.toContain('applied')
  })

  test('is told of once, and touches no other writer of the device', () => {
    const { log, other } = forked()
    log.receive(other)
    expect(log.receive(other)).toEqual([])
    expect(kinds(log.receive(new Author(ben, 'second').edit()))).toContain('applied')
  })

  test('needs a signature: nobody can have a fork of somebody else', () => {
    const { log, author } = forked()
    const framed = author.seal(
      'edit',
      bodyOf({ clock: 1, length: 7 }),
      { seq: 2, prev: author.entries[0]!.id },
      cyd.sign,
    )
    expect(log.receive(framed)).toMatchObject([{ type: 'violation', violation: { violation: 'forged' } }])
    expect(endOf(log, author)).toBeUndefined()
  })

  test('in what is parked drops the parked that are of the branch which does not survive', () => {
    const log = new TestLog()
    const author = new Author(ben)
    log.receive(author.edit({ needs: [{ clientID: 1, clock: 1 }] }), author.edit(), author.edit())
    const other = author.seal('edit', bodyOf({ clock: 1, length: 7 }), {
      seq: 2,
      prev: author.entries[0]!.id,
    })
    const isLost = other.id < author.entries[1]!.id
    expect(kinds(log.receive(other))).toEqual(isLost ? ['fork', 'dropped', 'dropped', 'held'] : ['fork'])
    expect(held(log, author)).toBe(isLost ? 2 : 3)
  })
})

describe('parking has bounds', () => {
  const parkedBytes = (log: TestLog): number =>
    [...log.state.chains.values()].reduce((sum, chain) => sum + chain.parkedBytes, 0)
  const nowhere = [{ clientID: 1, clock: 1 }]

  test('1 MiB a device: the newest goes, and what is applied stays', () => {
    const log = new TestLog()
    const author = new Author(ben)
    const honest = new Author(cyd)
    log.receive(honest.edit(), author.edit())
    const entries = Array.from({ length: 6 }, () => author.edit({ needs: nowhere, weight: 200_000 }))
    const outputs = entries.flatMap((entry) => log.receive(entry))
    expect(outputs.filter(({ type }) => type === 'dropped')).toMatchObject([{ entry: { seq: 7 } }])
    expect(parkedBytes(log)).toBeLessThanOrEqual(1024 * 1024)
    expect(headsOf(log.state)).toMatchObject([
      { held: 1, applied: 1 },
      { held: 6, applied: 1 },
    ])
  })

  test('two writers of one device share it', () => {
    const log = new TestLog()
    const authors = [new Author(ben), new Author(ben, 'second')]
    for (let count = 0; count < 5; count++)
      for (const author of authors) log.receive(author.edit({ needs: nowhere, weight: 200_000 }))
    expect(parkedBytes(log)).toBeLessThanOrEqual(1024 * 1024)
  })

  test('16 MiB in all', () => {
    const people = Array.from({ length: 20 }, (_, index) => person(`crowd ${index}`))
    const log = new TestLog(fullRoster(people))
    for (const who of people) {
      const author = new Author(who)
      for (let count = 0; count < 5; count++) log.receive(author.edit({ needs: nowhere, weight: 200_000 }))
    }
    expect(parkedBytes(log)).toBeLessThanOrEqual(16 * 1024 * 1024)
    expect(parkedBytes(log)).toBeGreaterThan(15 * 1024 * 1024)
  })

  test('what was dropped is taken again when its need has come, also across a step of rosterSeq', () => {
    const log = new TestLog()
    const [late, author] = [new Author(ada), new Author(ada, 'parked')]
    const needs = [{ clientID: late.clientID, clock: 1 }]
    const entries = Array.from({ length: 6 }, (_, index) =>
      author.edit({ needs, weight: 200_000 }, { rosterSeq: index < 5 ? 2 : 3 }),
    )
    log.receive(...entries)
    expect(held(log, author)).toBe(5)
    log.receive(late.edit())
    log.receive(...entries)
    expect(headsOf(log.state).at(-1)).toMatchObject({ held: 1, applied: 1 })
    expect([held(log, author), endOf(log, author)]).toEqual([6, undefined])
  })
})

describe('own entries', () => {
  test('are sealed, applied and held in one step, each after the last', () => {
    const log = new TestLog()
    const me = new Author(ada)
    expect(log.author(me, { clock: 0, length: 2 })).toMatchObject([
      { type: 'applied', own: true },
      { type: 'held', own: true },
    ])
    log.author(me, { clock: 2, length: 1 })
    expect(headsOf(log.state)).toMatchObject([{ device: ada.device, held: 2, applied: 2 }])
  })

  test('are accepted by everybody else', () => {
    const [mine, theirs] = [new TestLog(), new TestLog()]
    const me = new Author(ada)
    const outputs = mine.author(me, { clock: 0, length: 2 })
    const entry = outputs.flatMap((output) => (output.type === 'held' ? [output.entry] : []))
    expect(kinds(theirs.receive(...entry))).toEqual(['applied', 'held'])
  })
})

describe('entries reopened from the own disk', () => {
  test('are not verified again, and come back applied', () => {
    const log = new TestLog()
    const author = new Author(ben)
    const entries = [author.edit(), author.edit()].map((entry) => ({
      ...entry,
      signature: new Uint8Array(64),
    }))
    log.step({ type: 'reopened', entries })
    expect(headsOf(log.state)).toMatchObject([{ held: 2, applied: 2 }])
  })

  test('one that does not open stops none of the others', () => {
    const log = new TestLog()
    const [broken, whole] = [new Author(ben), new Author(cyd)]
    const entry = broken.edit()
    const flipped = { ...entry, ciphertext: entry.ciphertext.map((byte, at) => (at === 3 ? byte ^ 1 : byte)) }
    expect(kinds(log.step({ type: 'reopened', entries: [flipped, whole.edit()] }))).toEqual([
      'violation',
      'applied',
      'held',
    ])
  })
})
