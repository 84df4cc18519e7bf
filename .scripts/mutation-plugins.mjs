/**
 * What Stryker is told beyond its settings: which texts are no code, and how to take its Vitest runner's word.
 * Not here: which files and tests are played (mutate.mjs).
 * Invariant: a mutant survives only where a test ran and none failed. Stryker's runner alone also says so where a file
 * of tests did not load, and where by its own fault no test ran (its issues 6073 and 6150).
 */
import { strykerPlugins as vitest } from '@stryker-mutator/vitest-runner'
import { ServedTests } from './mutation-served.mjs'

/** A run that played no test is played again, so often. */
const TRIES = 3

/** A sentence handed to a call or an error is for people; tests hold nobody to its words. */
const sentences = {
  shouldIgnore({ node, parent, listKey }) {
    if (listKey !== 'arguments' || !['CallExpression', 'NewExpression'].includes(parent?.type))
      return undefined
    return /[a-z'] [a-z]/i.test(textOf(node)) ? 'a sentence for people' : undefined
  },
}

function textOf(node) {
  if (node.type === 'StringLiteral') return node.value
  if (node.type === 'TemplateLiteral') return node.quasis.map(({ value }) => value.raw).join('')
  return ''
}

function checkedRunner(injector) {
  const runner = vitest[0].factory(injector)
  const [play, dispose] = [runner.mutantRun.bind(runner), runner.dispose.bind(runner)]
  const served = new ServedTests(runner.options.vitest)
  runner.dispose = async () => {
    await served.end()
    await dispose()
  }
  runner.mutantRun = async (mutant) => {
    if (mutant.mutantActivation === 'runtime' && mutant.testFilter?.length > 0) return served.play(mutant)
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const result = await play(mutant)
      if (result.status !== 'survived') return result
      const broken = runner.ctx.state.getFiles().find((file) => file.result?.state === 'fail')
      if (broken) return killedBy(broken, mutant)
      if (result.nrOfTests > 0) return result
    }
    return { status: 'error', errorMessage: 'no test ran' }
  }
  return runner
}
checkedRunner.inject = vitest[0].factory.inject

/** A file of tests that fails outside its tests: it did not load, or a hook of it threw. */
function killedBy(file, { testFilter }) {
  const failureMessage = file.result.errors?.[0]?.message ?? 'a file of tests did not load'
  return { status: 'killed', killedBy: testFilter?.slice(0, 1) ?? [], failureMessage, nrOfTests: 1 }
}

export const strykerPlugins = [
  { kind: 'TestRunner', name: 'checked-vitest', factory: checkedRunner },
  { kind: 'Ignore', name: 'sentences', value: sentences },
]

/** Which settings the runner of Vitest understands. */
export { strykerValidationSchema } from '@stryker-mutator/vitest-runner'
