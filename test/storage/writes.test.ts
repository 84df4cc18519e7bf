/** Writes that wait together: their order, their batches, and that one which fails takes no other with it. */
import { expect, test } from 'vitest'
import type { Durability } from '../../src/storage/port.ts'
import { type SealedChange, Writes } from '../../src/storage/writes.ts'

interface Committed {
  readonly keys: readonly string[]
  readonly durability: Durability
}

/** A disk that ends a transaction when told to, and refuses those with a key in `refused`. */
function createDisk(refused: readonly string[] = []) {
  const transactions: Committed[] = []
  const gates: (() => void)[] = []
  let isGated = false
  const commit = async (changes: readonly SealedChange[], durability: Durability): Promise<void> => {
    const keys = changes.map((change) => ('put' in change ? change.put : change.delete))
    if (isGated) await new Promise<void>((open) => gates.push(open))
    if (keys.some((key) => refused.includes(key))) throw new RangeError('refused')
    transactions.push({ keys, durability })
  }
  const gate = (): void => {
    isGated = true
  }
  const release = (): void => {
    isGated = false
    for (const open of gates.splice(0)) open()
  }
  return { transactions, writes: new Writes(commit), gate, release }
}

const put = (key: string, bytes = 1): SealedChange => ({ put: key, sealed: new Uint8Array(bytes) })

test('a lone write is committed at once', async () => {
  const { writes, transactions } = createDisk()
  await writes.add([put('a')], 'relaxed')
  expect(transactions).toEqual([{ keys: ['a'], durability: 'relaxed' }])
})

test('what comes while a transaction is under way shares the next one, in order', async () => {
  const { writes, transactions, gate, release } = createDisk()
  gate()
  const ended = ['a', 'b', 'c', 'd'].map((key) => writes.add([put(key)], 'relaxed'))
  release()
  await Promise.all(ended)
  expect(transactions.map(({ keys }) => keys)).toEqual([['a'], ['b', 'c', 'd']])
})

test('a shared transaction is strict when one of its writes is', async () => {
  const { writes, transactions, gate, release } = createDisk()
  gate()
  const ended = [
    writes.add([put('a')], 'relaxed'),
    writes.add([put('b')], 'relaxed'),
    writes.add([put('c')], 'strict'),
  ]
  release()
  await Promise.all(ended)
  expect(transactions.map(({ durability }) => durability)).toEqual(['relaxed', 'strict'])
})

test('a transaction holds at most 4 MiB, or one write that is larger', async () => {
  const { writes, transactions, gate, release } = createDisk()
  const MIB = 1024 * 1024
  gate()
  const sizes = [1, 3 * MIB, MIB, 1, 9 * MIB, 1]
  const ended = sizes.map((size, i) => writes.add([put(`${i}`, size)], 'relaxed'))
  release()
  await Promise.all(ended)
  expect(transactions.map(({ keys }) => keys)).toEqual([['0'], ['1', '2'], ['3'], ['4'], ['5']])
})

test('a write that fails rejects alone, and the others of its batch are committed in order', async () => {
  const { writes, transactions, gate, release } = createDisk(['bad'])
  gate()
  const ended = ['a', 'b', 'bad', 'c'].map((key) => writes.add([put(key)], 'relaxed'))
  const outcomes = Promise.allSettled(ended)
  release()
  expect((await outcomes).map(({ status }) => status)).toEqual([
    'fulfilled',
    'fulfilled',
    'rejected',
    'fulfilled',
  ])
  expect(transactions.flatMap(({ keys }) => keys)).toEqual(['a', 'b', 'c'])
})

test('idle waits for all writes so far, those that fail included', async () => {
  const { writes, transactions, gate, release } = createDisk(['bad'])
  gate()
  const ended = Promise.allSettled(['a', 'bad', 'b'].map((key) => writes.add([put(key)], 'relaxed')))
  const idle = writes.idle()
  release()
  await idle
  expect(transactions.map(({ keys }) => keys)).toEqual([['a'], ['b']])
  await ended
  await writes.idle()
})
