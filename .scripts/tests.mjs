/**
 * `npm test`: types, lint, build, browsers, then every test; ends with one line that counts.
 *   npm test                     everything
 *   npm test -- test/wire        the tests whose path holds these words; other vitest options pass through
 * Invariants: a stage that fails counts as one failure and the rest still runs, so one run shows all that is
 * wrong; a crash of the runner, a file that does not load and a run of no tests are failures; it always ends.
 */
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { ensureBrowsers } from './browsers.mjs'
import { buildLibrary, buildWeb } from './build.mjs'
import { ensureNetworkTools } from './network.mjs'
import { ROOT, runTool, StageFailed, say, tryTool } from './process.mjs'

const REPORT = 'test/.artifacts/report.json'

/** Milliseconds for all tests together. Far above what they take on two slow cores; only a hang meets it. */
const DEADLINE = 40 * 60_000

/** @returns the exit code */
export async function runTests(args) {
  let failedStages = 0
  const stage = async (name, perform) => {
    try {
      await perform()
    } catch (error) {
      if (!(error instanceof StageFailed)) throw error
      console.error(`coterie: ${name}: ${error.message}`)
      failedStages += 1
    }
  }
  say('checking types and style')
  await stage('types', () => runTool('types', 'tsc', ['--noEmit', '-p', 'tsconfig.json']))
  await stage('lint', () => runTool('lint', 'biome', ['check', '--log-level=warn', '.']))
  await stage('library', buildLibrary)
  await stage('web app', buildWeb)
  if (needsBrowsers(args)) await stage('browsers', ensureBrowsers)
  if (needsNetwork(args)) await stage('network tools', ensureNetworkTools)

  const { passed, failed, skipped } = await runVitest(args)
  const failures = failed + failedStages
  console.log(`${passed} passed, ${failures} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`)
  return failures === 0 ? 0 : 1
}

/** Only a run of named folders that drive no browser does without. */
function needsBrowsers(args) {
  const filters = args.filter((arg) => !arg.startsWith('-'))
  const browserless = (filter) => /^test\/(?!e2e|attack|nat)/.test(filter)
  return filters.length === 0 || !filters.every(browserless)
}

/** Only a run of other named folders does without. */
function needsNetwork(args) {
  const filters = args.filter((arg) => !arg.startsWith('-'))
  return filters.length === 0 || filters.some((filter) => !/^test\/(?!nat)./.test(filter))
}

async function runVitest(args) {
  const report = join(ROOT, REPORT)
  mkdirSync(join(ROOT, 'test/.artifacts'), { recursive: true })
  rmSync(report, { force: true })
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${REPORT}`]
  const command = ['run', '--config', 'test/vitest.config.ts', ...reporters, ...args]
  const code = await tryTool('vitest', command, { deadline: DEADLINE })
  if (code === 124) console.error(`coterie: the tests did not end within ${DEADLINE / 60_000} minutes.`)
  const counted = existsSync(report) ? count(JSON.parse(readFileSync(report, 'utf8'))) : NOTHING
  if (counted.passed + counted.failed === 0) console.error('coterie: no test ran.')
  const unexplained = counted.failed === 0 && (code !== 0 || counted.passed === 0)
  return unexplained ? { ...counted, failed: 1 } : counted
}

const NOTHING = { passed: 0, failed: 0, skipped: 0 }

function count({ numPassedTests, numPendingTests, numTodoTests, numFailedTests, testResults }) {
  const unloaded = testResults.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && !assertionResults.some((result) => result.status === 'failed'),
  )
  return {
    passed: numPassedTests,
    failed: numFailedTests + unloaded.length,
    skipped: numPendingTests + numTodoTests,
  }
}
