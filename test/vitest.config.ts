/**
 * How the tests run: four projects, one after the other. `unit` runs in Node, two files at once or more; `e2e` drives
 * real browsers, two files at once, because a browser mostly waits; `attack` plays attacks, which wait even more; `alone`
 * has the machine to itself: what is promised within a second or looked at every 50 ms, and the fuzzing, which takes
 * every processor there is.
 * Not here: what a test run installs, builds and prints at its end (.scripts).
 */
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const root = fileURLToPath(new URL('..', import.meta.url))

const ALONE = [
  ...['test/fuzz/**/*.test.ts', 'test/crowd/crowd.test.ts'],
  ...['audience', 'editor', 'enduring', 'honest-status', 'outages', 'tabs'].map(
    (name) => `test/e2e/${name}.test.ts`,
  ),
]
const IN_BROWSERS = ['test/e2e/**/*.test.ts', 'test/nat/browsers.test.ts']
const ATTACKS = 'test/attack/part-*.test.ts'
const MADE_BY_TESTS = 'test/.artifacts/**'

export default defineConfig({
  root,
  test: {
    projects: [
      {
        root,
        test: {
          name: 'unit',
          environment: 'node',
          include: ['test/**/*.test.ts'],
          exclude: [...IN_BROWSERS, ATTACKS, ...ALONE, MADE_BY_TESTS],
          sequence: { groupOrder: 0 },
          // on two processors too: some of them wait for a minute, for a cable to be put back
          maxWorkers: Math.max(2, availableParallelism() - 1),
          testTimeout: 20_000,
          hookTimeout: 20_000,
        },
      },
      {
        root,
        test: {
          name: 'e2e',
          environment: 'node',
          include: IN_BROWSERS,
          exclude: ALONE,
          sequence: { groupOrder: 1 },
          maxWorkers: 2,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        root,
        test: {
          name: 'attack',
          environment: 'node',
          include: [ATTACKS],
          sequence: { groupOrder: 2 },
          maxWorkers: 3,
        },
      },
      {
        root,
        test: {
          name: 'alone',
          environment: 'node',
          include: ALONE,
          sequence: { groupOrder: 3 },
          fileParallelism: false,
          maxWorkers: 1,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
})
