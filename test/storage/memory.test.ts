/** The memory adapter keeps the port's contract. */
import { test } from 'vitest'
import { createMemoryStore } from '../../src/storage/memory.ts'
import { storageContract } from '../contract/storage.ts'

const rules = storageContract('memory', async () => ({ store: createMemoryStore(), dispose: async () => {} }))

test.each(rules.map(({ name, run }) => [name, run] as const))('%s', (_name, run) => run())
