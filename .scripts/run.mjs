/**
 * The one door behind every `npm run X`: makes ready what the task needs, then performs it.
 *   node .scripts/run.mjs <task> [arguments]
 * Plain Node, no package: it runs before anything is installed.
 * Not here: how a stage is done (install, build, browsers, tests: the files beside this one).
 * Invariants: a stage that fails ends the run with a sentence and a non-zero code; a stage whose inputs did
 * not change is skipped; `start` and the programs run inside this process, so signals reach them directly.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ensureBrowsers } from './browsers.mjs'
import { buildLibrary, buildProgram, buildWeb } from './build.mjs'
import { installPackages, requireNode } from './install.mjs'
import { runMutation } from './mutate.mjs'
import { endWithParent, ROOT, runTool, StageFailed } from './process.mjs'
import { runTests } from './tests.mjs'

/** Programs that are not part of the product: their source, and what they stand on. A new one adds a line. */
const PROGRAMS = {
  attack: { source: 'test/attack/main.ts', browsers: true },
  bench: { source: 'test/bench/main.ts', browsers: true },
  fuzz: { source: 'test/fuzz/main.ts', browsers: false },
  shots: { source: 'test/e2e/shots.ts', browsers: true },
  sim: { source: 'test/sim/main.ts', browsers: false },
  soak: { source: 'test/soak/main.ts', browsers: true },
}

const TASKS = {
  start: async (args) => {
    await buildLibrary()
    await buildWeb()
    await perform('dist/signaling/main.js', args)
  },
  build: async () => {
    await buildLibrary()
    await buildWeb()
  },
  types: (args) => runTool('types', 'tsc', ['--noEmit', '-p', 'tsconfig.json', ...args]),
  lint: (args) => runTool('lint', 'biome', ['check', ...(args.length > 0 ? args : ['.'])]),
  format: (args) => runTool('format', 'biome', ['check', '--write', ...(args.length > 0 ? args : ['.'])]),
  test: async (args) => {
    process.exitCode = await runTests(args)
  },
  mutate: async (args) => {
    process.exitCode = await runMutation(args)
  },
}

async function runProgram({ source, browsers }, args) {
  if (!existsSync(join(ROOT, source))) throw new StageFailed(`there is no ${source} to run.`)
  if (browsers) await ensureBrowsers()
  await buildLibrary()
  await buildWeb()
  await perform(await buildProgram(source), args)
}

/** Runs a built program as if Node had been started with it. */
async function perform(builtFile, args) {
  const file = join(ROOT, builtFile)
  process.argv = [process.execPath, file, ...args]
  await import(pathToFileURL(file).href)
}

async function main([name, ...args]) {
  process.chdir(ROOT)
  endWithParent()
  requireNode()
  const program = Object.hasOwn(PROGRAMS, name) ? PROGRAMS[name] : undefined
  const task = Object.hasOwn(TASKS, name) ? TASKS[name] : undefined
  if (!program && !task) {
    const known = [...Object.keys(TASKS), ...Object.keys(PROGRAMS)].join(', ')
    throw new StageFailed(`there is no task "${name ?? ''}". The tasks are: ${known}.`)
  }
  await installPackages()
  await (program ? runProgram(program, args) : task(args))
}

try {
  await main(process.argv.slice(2))
} catch (error) {
  if (!(error instanceof StageFailed)) throw error
  console.error(`coterie: ${error.message}`)
  process.exitCode = 1
}
