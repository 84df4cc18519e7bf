/**
 * How the tests run: two projects. `unit` runs in Node, many files at once; then `e2e` drives real
 * browsers, one file at a time, because two browsers already fill a small machine; the attacks are played there
 * too, because what they promise within a second needs the machine to itself, and so does the fuzzing, which takes
 * every processor there is.
 * Not here: what a test run installs, builds and prints at its end (.scripts).
 */
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const root = fileURLToPath(new URL('..', import.meta.url))

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
          exclude: [
            ...[
              'test/e2e/**',
              'test/attack/**',
              'test/fuzz/**',
              'test/nat/browsers.test.ts',
              'test/crowd/crowd.test.ts',
            ],
            'test/.artifacts/**',
          ],
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
          include: [
            ...['test/e2e/**/*.test.ts', 'test/attack/**/*.test.ts', 'test/fuzz/**/*.test.ts'],
            'test/nat/browsers.test.ts',
            'test/crowd/crowd.test.ts',
          ],
          sequence: { groupOrder: 1 },
          fileParallelism: false,
          maxWorkers: 1,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
})
