/** Slots: at random, for two, for five minutes, and no good for guessing. */
import { expect, test } from 'vitest'
import { loadCrypto } from '../../src/crypto/sodium.ts'
import { MAX_SLOTS, MAX_SLOTS_PER_ADDRESS, SLOT_LIFETIME_MS } from '../../src/wire/limits.ts'
import type { ServerSignal } from '../../src/wire/signal.ts'
import { RelayBench } from './bench.ts'

const crypto = await loadCrypto()

function invite(bench: RelayBench, socket: number): ServerSignal & { kind: 'slot' } {
  const [answer] = bench.say(socket, { kind: 'invite' })
  if (answer?.kind !== 'slot') throw new Error(`no slot but ${JSON.stringify(answer)}`)
  return answer
}

test('two servers give other numbers for the same wishes, and no number twice', () => {
  const numbers = [1, 2].map((seed) => {
    const bench = new RelayBench(crypto, { seed: new Uint8Array(32).fill(seed) })
    return [1, 2, 3, 4, 5].flatMap((house) => {
      const socket = bench.open(`house ${house}`)
      return Array.from({ length: 10 }, () => invite(bench, socket).slot)
    })
  })
  for (const each of numbers) expect(new Set(each).size).toBe(50)
  expect(numbers[0]).not.toEqual(numbers[1])
})

test('a slot takes two and never a third, whoever leaves', () => {
  const bench = new RelayBench(crypto)
  const [ada, ben, eve] = [bench.open(), bench.open(), bench.open()]
  const { slot, topic } = invite(bench, ada)
  expect(bench.say(ada, { kind: 'enter', slot })).toMatchObject([{ reason: 'no-such-slot' }])
  expect(bench.say(ben, { kind: 'enter', slot })).toMatchObject([{ kind: 'slot', topic, sockets: [ada] }])
  expect(bench.say(eve, { kind: 'enter', slot })).toMatchObject([{ reason: 'no-such-slot' }])
  bench.close(ben)
  expect(bench.say(eve, { kind: 'enter', slot })).toMatchObject([{ reason: 'no-such-slot' }])
})

test('the topic of a slot cannot be joined with a proof', () => {
  const bench = new RelayBench(crypto)
  const [ada, eve] = [bench.open(), bench.open()]
  const { topic } = invite(bench, ada)
  const signature = bench.proof(eve, crypto.signKeys())
  expect(bench.say(eve, { kind: 'join', topic, signature })).toMatchObject([{ reason: 'not-proven' }])
})

test('a slot ends after five minutes for both', () => {
  const bench = new RelayBench(crypto)
  const [ada, ben] = [bench.open(), bench.open()]
  const { slot, topic, expiresIn } = invite(bench, ada)
  expect(expiresIn).toBe(SLOT_LIFETIME_MS)
  bench.pass(SLOT_LIFETIME_MS - 1)
  expect(bench.say(ben, { kind: 'enter', slot })).toMatchObject([{ kind: 'slot', expiresIn: 1 }])
  bench.pass(1)
  expect(bench.say(ben, { kind: 'pass', topic, to: ada, blob: Uint8Array.of(1) })).toMatchObject([
    { reason: 'not-joined' },
  ])
  expect([bench.state.slots.size, bench.state.topics.size]).toEqual([0, 0])
})

test('a slot ends when its inviter goes, and its number is free again', () => {
  const bench = new RelayBench(crypto)
  const [ada, ben] = [bench.open(), bench.open()]
  const { slot } = invite(bench, ada)
  bench.close(ada)
  expect(bench.state.slots.size).toBe(0)
  expect(bench.say(ben, { kind: 'enter', slot })).toMatchObject([{ reason: 'no-such-slot' }])
})

test('an address holds so many slots and no more', () => {
  const bench = new RelayBench(crypto)
  const sockets = Array.from({ length: 7 }, () => bench.open())
  const answers = sockets.flatMap((socket) =>
    Array.from({ length: 10 }, () => bench.say(socket, { kind: 'invite' })[0]?.kind),
  )
  expect(answers.filter((kind) => kind === 'slot').length).toBe(MAX_SLOTS_PER_ADDRESS)
  bench.close(sockets[0]!)
  expect(invite(bench, bench.open()).kind).toBe('slot')
})

test('guesses are charged to the address; entering right is not', () => {
  const bench = new RelayBench(crypto)
  const [ada, ben, guesser] = [bench.open('home'), bench.open('school'), bench.open('den')]
  for (let right = 0; right < 60; right++) {
    const { slot, topic } = invite(bench, ada)
    expect(bench.say(ben, { kind: 'enter', slot })[0]?.kind).toBe('slot')
    for (const socket of [ben, ada]) bench.say(socket, { kind: 'leave', topic })
  }
  const answers = Array.from(
    { length: 40 },
    (_, index) => bench.say(guesser, { kind: 'enter', slot: index })[0],
  )
  expect(answers[0]).toMatchObject({ reason: 'no-such-slot' })
  expect(answers[39]).toMatchObject({ reason: 'too-fast' })
})

test('of 100,000 slots asked for from everywhere the server gives so many and no more, and is whole again after', () => {
  const bench = new RelayBench(crypto)
  let given = 0
  for (let ask = 0; ask < 100_000; ask += 16) {
    const socket = bench.open(`house ${Math.floor(ask / MAX_SLOTS_PER_ADDRESS)}`)
    for (let wish = 0; wish < 16; wish++)
      if (bench.say(socket, { kind: 'invite' })[0]?.kind === 'slot') given++
    bench.outputs.length = 0
  }
  expect(given).toBe(MAX_SLOTS)
  expect([bench.state.slots.size, bench.state.topics.size]).toEqual([MAX_SLOTS, MAX_SLOTS])
  bench.pass(SLOT_LIFETIME_MS)
  expect([bench.state.slots.size, bench.state.topics.size]).toEqual([0, 0])
  expect(invite(bench, bench.open('anew')).slot).toBeLessThan(100)
})

test('blobs pass between the two in a slot and to nobody else', () => {
  const bench = new RelayBench(crypto)
  const [ada, ben, eve] = [bench.open(), bench.open(), bench.open()]
  const { slot, topic } = invite(bench, ada)
  bench.say(ben, { kind: 'enter', slot })
  const blob = Uint8Array.of(1, 2, 3)
  bench.say(ben, { kind: 'pass', topic, to: ada, blob })
  expect(bench.heard(ada).at(-1)).toMatchObject({ kind: 'passed', topic, from: ben, blob })
  bench.say(ada, { kind: 'pass', topic, to: ben, blob })
  expect(bench.heard(ben).at(-1)).toMatchObject({ kind: 'passed', topic, from: ada, blob })
  expect(bench.say(eve, { kind: 'pass', topic, to: ada, blob })).toMatchObject([{ reason: 'not-joined' }])
  bench.close(ben)
  expect(bench.heard(ada).at(-1)).toMatchObject({ kind: 'gone', topic, socket: ben })
})
