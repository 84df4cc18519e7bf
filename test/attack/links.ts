import { openRecord, sealRecord, startDirection } from '../../src/protocol/direction.ts'
import { type LinkRecord, MAX_RECORD_PAYLOAD_BYTES } from '../../src/wire/record.ts'
import { type Ground, nextTurn } from './ground.ts'
import type { HostileLink } from './hostile-link.ts'
import { contentOf, expectUnharmed, gather } from './party.ts'
import type { Attack, Stage } from './stage.ts'
import { Villain } from './villain.ts'

const PING: LinkRecord = { kind: 'ping', number: 7 }

const wrongRecords: Attack = {
  number: 26,
  name: 'records repeated, left out, in another order, with one bit changed',
  guard: 'the counter under the seal',
  transports: ['memory'],
  async play(stage) {
    const ground = await stage.ground()
    const { openCounted } = ground.crypto
    const forgiving: typeof openCounted = (key, counter, ad, sealed) => {
      for (let any = 0; any < counter + 4; any++) {
        const plain = openCounted(key, any, ad, sealed)
        if (plain !== undefined) return plain
      }
      return undefined
    }
    const lax = { ada: { crypto: { ...ground.crypto, openCounted: forgiving } } }
    const party = await gather(ground, stage.guard === 'off' ? lax : {})
    const mallory = await Villain.enlist(ground, party, 'viewer')
    const before = contentOf(party.ada.doc)
    const flipped = (bytes: Uint8Array): Uint8Array => bytes.map((byte, at) => (at === 3 ? byte ^ 4 : byte))
    const plays: readonly ((link: HostileLink) => Uint8Array[])[] = [
      (link) => [link.seal(PING)].flatMap((sealed) => [sealed, sealed]),
      (link) => [link.seal(PING), link.seal(PING)].slice(1),
      (link) => [link.seal(PING), link.seal(PING)].reverse(),
      (link) => [flipped(link.seal(PING))],
      (link) => [link.seal(PING).slice(0, -1)],
    ]
    for (const records of plays) {
      const told = party.told.length
      const link = await mallory.link(party.ada)
      await link.settle()
      for (const record of records(link)) link.sendBytes(record)
      stage.expect((await link.settle()) === 'closed', 'a record that is not the next one was taken')
      stage.expectGuarded(party.told.length > told, 'nobody was told of a forged record')
      link.close()
    }
    await expectUnharmed(stage, party, before)
  },
}

const MIB = 1024 * 1024

const endlessFrames: Attack = {
  number: 27,
  name: 'records that are missing, never finished, 1,000 of them in both lanes, a length of 4 GiB',
  guard: 'the bound on a frame',
  transports: ['memory'],
  async play(stage) {
    const ground = await stage.ground()
    if (stage.guard === 'off') return withoutBound(stage, ground)
    const party = await gather(ground)
    const mallory = await Villain.enlist(ground, party, 'viewer')
    const before = contentOf(party.ada.doc)
    const endless = await mallory.link(party.ada)
    let taken = 0
    for (; taken < 2_000 && endless.isOpen; taken++) {
      endless.sendRecord(unfinished(taken))
      if (taken % 8 === 0) await nextTurn()
    }
    const held = taken * MAX_RECORD_PAYLOAD_BYTES
    stage.expect((await endless.settle()) === 'closed', 'frames without an end were taken')
    // 8 records a turn are under way when the link closes
    stage.expect(held <= 2 * MIB + 12 * MAX_RECORD_PAYLOAD_BYTES, `${held} bytes were held`)
    const lengths = await mallory.link(party.ada)
    // a message of type "roster" that says its first record has 4 GiB
    lengths.sendFrame(Uint8Array.of(4, 1, 128, 128, 128, 128, 16))
    stage.expect((await lengths.settle()) === 'closed', 'a length of 4 GiB was believed')
    stage.expect(party.told.length >= 2, 'nobody was told')
    const oversized = await mallory.link(party.ada)
    oversized.sendBytes(new Uint8Array(200_000))
    stage.expect((await oversized.settle()) === 'closed', 'a record beyond the limit was taken')
    await expectUnharmed(stage, party, before)
  },
}

function unfinished(number: number): LinkRecord {
  const payload = new Uint8Array(MAX_RECORD_PAYLOAD_BYTES).fill(6)
  return { kind: 'data', lane: number % 2 === 0 ? 'live' : 'bulk', last: false, payload }
}

/** The same records, opened by the same cores, their parts joined by somebody who waits for the last one. */
function withoutBound(stage: Stage, { crypto }: Ground): void {
  const key = crypto.randomBytes(32)
  const [sending, receiving] = [startDirection(key.slice(), 0), startDirection(key.slice(), 0)]
  const held: Uint8Array[] = []
  for (let number = 0; number < 100; number++) {
    const record = openRecord(crypto, receiving, sealRecord(crypto, sending, unfinished(number), 0), 0)
    if (!('violation' in record) && record.kind === 'data' && !record.last) held.push(record.payload)
  }
  const bytes = held.reduce((sum, part) => sum + part.length, 0)
  stage.expect(bytes <= 2 * MIB, `${bytes} bytes are held for frames that never end`)
}

export const LINK_ATTACKS: readonly Attack[] = [wrongRecords, endlessFrames]
