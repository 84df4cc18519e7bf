/**
 * How tests run while a mutant is alive: those of one folder (`dir`, chosen by mutate.mjs), one file after the other,
 * all in one thread, because a thread for each file would cost more than most of the tests.
 */
import { ROOT } from './process.mjs'

export default {
  root: ROOT,
  test: {
    environment: 'node',
    include: ['**/*.test.ts'],
    isolate: false,
    fileParallelism: false,
    testTimeout: 20_000,
  },
}
