/**
 * How tests run while a mutant is alive: those of one folder (`dir`, chosen by mutate.mjs), one file after the other,
 * all in one thread, because a thread for each file would cost more than most of the tests.
 */
import { join, relative } from 'node:path'
import { BaseSequencer } from 'vitest/node'
import { ROOT } from './process.mjs'

/** The first failure ends a run: what noticed the mutant before goes first, then what takes least. */
class LikeliestFirst extends BaseSequencer {
  async sort(files) {
    const { cache, config } = this.ctx
    const last = ({ project, moduleId }) =>
      cache.getFileTestResults(`${project.name}:${relative(config.root, moduleId)}`) ?? NEVER_RUN
    const places = files.map((file) => ({ file, ...last(file) }))
    places.sort((one, other) => other.failed - one.failed || one.duration - other.duration)
    return places.map(({ file }) => file)
  }
}

const NEVER_RUN = { failed: false, duration: 0 }

export default {
  root: ROOT,
  test: {
    environment: 'node',
    include: ['**/*.test.ts'],
    setupFiles: [join(ROOT, '.scripts/mutation-setup.mjs')],
    isolate: false,
    fileParallelism: false,
    sequence: { sequencer: LikeliestFirst },
    testTimeout: 20_000,
  },
}
