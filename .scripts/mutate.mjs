/**
 * `npm run mutate -- --room R [--file F]`: changes one thing at a time in the code of a room and sees whether a test of
 * that room notices (Stryker). Ends with each change nobody noticed, and the counts of every file.
 * Not here: what is no change of the code, and when a run counts (mutation-plugins.mjs); what came of it
 * (docs/mutation-testing.md).
 */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { ROOT, StageFailed } from './process.mjs'

/**
 * Rooms, the folder whose tests are theirs, and whether what a file works out as it loads is changed too: each such change
 * plays every test of the room, and in `protocol` it is limits and little else.
 */
const ROOMS = {
  crypto: { tests: 'test/crypto', asItLoads: true },
  wire: { tests: 'test/wire', asItLoads: true },
  protocol: { tests: 'test/protocol', asItLoads: false },
}

const USAGE = `npm run mutate -- --room ${Object.keys(ROOMS).join('|')} [--file NAME] [--workers N]

  --room     whose code is changed, and whose tests are played
  --file     only these files of the room, as in --file log,chain
  --workers  changes tried at once (2)

Every change nobody noticed is shown, then how many of each file were noticed. The exit code is 1 where fewer than
90 of a hundred were. The last report is test/.artifacts/mutation/ROOM.json.`

const WORKING_FOLDER = 'test/.artifacts/mutation'
/** Of a hundred changes so many have to be noticed. */
const WANTED_PERCENT = 90
/** Beyond half as long again as the tests took, before a change is said to have made them endless. Long: a machine with other
 *  things to do is no proof, and a loop without end is found by its count anyway. */
const PATIENCE_MS = 30_000

/** @returns the exit code */
export async function runMutation(args) {
  const wanted = read(args)
  if (wanted === undefined || wanted.help) {
    console[wanted ? 'log' : 'error'](`usage: ${USAGE}`)
    return wanted ? 0 : 2
  }
  const { Stryker } = await import('@stryker-mutator/core')
  const results = await new Stryker(settings(wanted)).runMutationTest()
  const noticed = results.filter(({ status }) => status === 'Killed' || status === 'Timeout').length
  const played = results.filter(({ status }) => status !== 'Ignored').length
  const percent = played === 0 ? 100 : (100 * noticed) / played
  console.log(
    `mutate: ${noticed} of ${played} noticed (${percent.toFixed(1)} %), ${results.length - played} left out`,
  )
  return percent >= WANTED_PERCENT ? 0 : 1
}

/** `undefined`: not understood. */
function read(args) {
  const text = { type: 'string' }
  const options = { room: text, file: text, workers: text, help: { type: 'boolean' } }
  const { room, file, workers = '2', help } = valuesOf({ args, options })
  if (help) return { help }
  if (room === undefined || !Object.hasOwn(ROOMS, room) || !/^[1-9]\d?$/.test(workers)) return undefined
  return { room, files: filesOf(room, file), workers: Number(workers) }
}

/** @throws StageFailed for an option there is none of */
function valuesOf(given) {
  try {
    return parseArgs(given).values
  } catch (error) {
    throw new StageFailed(`${error.message}\nusage: ${USAGE}`)
  }
}

function filesOf(room, names) {
  const folder = `src/${room}`
  if (names === undefined) return readdirSync(join(ROOT, folder)).map((file) => `${folder}/${file}`)
  const files = names.split(',').map((name) => `${folder}/${name.replace(/\.ts$/, '')}.ts`)
  const missing = files.find((file) => !existsSync(join(ROOT, file)))
  if (missing !== undefined) throw new StageFailed(`there is no ${missing} to change.`)
  return files
}

function settings({ room, files, workers }) {
  return {
    mutate: files,
    testRunner: 'checked-vitest',
    plugins: [join(ROOT, '.scripts/mutation-plugins.mjs')],
    ignorers: ['sentences'],
    vitest: { configFile: '.scripts/mutation-vitest.mjs', dir: ROOMS[room].tests, related: true },
    coverageAnalysis: 'perTest',
    ignoreStatic: !ROOMS[room].asItLoads,
    concurrency: workers,
    timeoutMS: PATIENCE_MS,
    tempDirName: WORKING_FOLDER,
    ignorePatterns: ['dist', 'docs', 'web', 'test/.artifacts', 'test/e2e'],
    // types are no business of a mutant, and TypeScript 7 has none of the functions this would call
    disableTypeChecks: false,
    tsconfigFile: 'left-alone.json',
    reporters: ['progress-append-only', 'clear-text', 'json'],
    clearTextReporter: { logTests: false, reportTests: false, allowEmojis: false },
    jsonReporter: { fileName: `${WORKING_FOLDER}/${room}.json` },
    logLevel: 'warn',
    thresholds: { high: WANTED_PERCENT, low: WANTED_PERCENT, break: null },
  }
}
