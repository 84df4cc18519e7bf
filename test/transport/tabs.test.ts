/** Tabs inside one process keep the contract of tabs. */
import { expect, test } from 'vitest'
import { type MemoryTabs, memoryTabs } from '../../src/transport/memory-tabs.ts'
import { tabsContract } from '../contract/tabs.ts'

let browser: MemoryTabs = memoryTabs()
const rules = tabsContract('memory', () => browser.tab())

test.each(rules.map(({ name, run }) => [name, run] as const))('%s', (_name, run) => {
  browser = memoryTabs()
  return run()
})

test('a frozen tab keeps its lock and hears everything when it thaws; a crashed one lets go of it', async () => {
  const [one, two] = [browser.tab(), browser.tab()]
  const told: string[] = []
  const listener = (name: string) => ({
    granted: () => told.push(`${name} granted`),
    lost: () => told.push(`${name} lost`),
  })
  one.waitForLock?.('lock', listener('one'))
  const group = two.join('group', () => undefined)
  one.join('group', () => told.push('one heard'))
  await Promise.resolve()
  one.freeze()
  group.post(Uint8Array.of(1))
  const lock = two.waitForLock?.('lock', listener('two'))
  await Promise.resolve()
  expect(told).toEqual(['one granted'])
  lock?.steal()
  await Promise.resolve()
  expect(told).toEqual(['one granted', 'two granted'])
  one.thaw()
  await Promise.resolve()
  expect(told.slice(2)).toEqual(['one heard', 'one lost'])
  two.crash()
  await Promise.resolve()
  expect(told.slice(4)).toEqual(['one granted'])
})
