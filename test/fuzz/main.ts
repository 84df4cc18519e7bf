/**
 * `npm run fuzz -- --seconds N [--runs N] [--target T] [--seed S]`: every decoder, on as many threads as there are
 * processors. N seconds for each target, or N runs, whichever ends first; a tenth of the runs where each makes a
 * signature. Prints a line for each target, then the
 * counts; ends with 1 when anything failed, and leaves what failed in test/fuzz/crashers.
 * Not here: what is fuzzed (table.ts) and what a run must not do (fuzzer.ts, meter.ts).
 */
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { misused, readCommandLine } from '../command-line.ts'
import { keep } from './crashers.ts'
import { startCounting } from './meter.ts'
import { type Report, type Shift, Window, work } from './shift.ts'
import { TARGETS } from './table.ts'
import type { Target } from './target.ts'

const USAGE = `npm run fuzz -- --seconds N [--runs N] [--target T] [--seed S]

  --seconds  for each target (10, or none where runs are given)
  --runs     for each target, a tenth where each makes a signature; whichever ends first
  --target   only this one
  --seed     of what chance draws (1)

targets: ${TARGETS.map(({ name }) => name).join(', ')}`
/** Seconds all threads have worked without a new input of one of them: that one never ends. Not by the clock on the
 *  wall: a machine that has other things to do makes nobody wait for ever. */
const STUCK_CPU_SECONDS = 40
const LOOK_MS = 1_000
/** Of new objects, for every thread, before the collector comes: it would hide what a run allocates. */
const NEW_OBJECTS_MB = 64

function readShifts(): Shift[] {
  const { flags: values } = readCommandLine(USAGE, { flags: ['seconds', 'runs', 'target', 'seed'] })
  const { target: wanted } = values
  const number = (value: string | undefined): number | undefined =>
    value === undefined ? value : Number(value)
  const [runs, seed = 1] = [number(values.runs), number(values.seed)]
  const seconds = number(values.seconds) ?? (runs === undefined ? 10 : undefined)
  const targets = TARGETS.filter(({ name }) => wanted === undefined || name === wanted)
  const isSound = [runs ?? 1, seed, seconds ?? 1].every((one) => Number.isFinite(one) && one > 0)
  if (!isSound) misused(USAGE, 'Give numbers above 0.')
  if (targets.length === 0) misused(USAGE, `There is no target "${wanted}".`)
  return targets.map(({ name, pace }) => ({ target: name, seed, seconds, runs: forPace(pace, runs) }))
}

function forPace(pace: Target['pace'], runs: number | undefined): number | undefined {
  return runs === undefined || pace === 'cheap' ? runs : Math.ceil(runs / 10)
}

/** Performs shifts one after the other, on a worker that is started anew only where one never ends. */
async function thread(shifts: Shift[], report: (report: Report) => void): Promise<void> {
  const window = new Window()
  let worker: Worker | undefined
  for (let shift = shifts.shift(); shift !== undefined; shift = shifts.shift()) {
    worker ??= new Worker(fileURLToPath(import.meta.url), { workerData: window.memory })
    const done = await performed(worker, shift, window)
    report(done)
    if (!done.isStuck) continue
    await worker.terminate()
    worker = undefined
  }
  await worker?.terminate()
}

function performed(worker: Worker, shift: Shift, window: Window): Promise<Report> {
  return new Promise((resolve) => {
    const end = (report: Report): void => {
      clearInterval(watching)
      worker.off('message', end).off('error', failed)
      resolve(report)
    }
    const failed = (error: Error): void => end(stuck(shift, window, `the thread ended: ${error.stack}`))
    let [beat, since] = [window.beat, cpuSeconds()]
    const watching = setInterval(() => {
      if (window.beat !== beat) [beat, since] = [window.beat, cpuSeconds()]
      else if (cpuSeconds() - since > STUCK_CPU_SECONDS) end(stuck(shift, window, 'it never ended'))
    }, LOOK_MS)
    worker.once('message', end)
    worker.once('error', failed)
    worker.postMessage(shift)
  })
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

function stuck({ target }: Shift, { input }: Window, reason: string): Report {
  return { target, runs: 0, taken: 0, failures: [{ input, reason }], isStuck: true }
}

function tell(line: string): void {
  process.stdout.write(`${line}\n`)
}

function say({ target, runs, taken, failures }: Report): void {
  const share = runs === 0 ? 0 : Math.round((100 * taken) / runs)
  tell(`${failures.length === 0 ? 'held' : 'broken'} ${target}: ${runs} runs, ${share} % taken`)
  for (const { input, reason } of failures) {
    tell(`    ${keep(process.cwd(), target, input)}: ${reason}`)
  }
}

async function main(): Promise<number> {
  const shifts = readShifts()
  const targets = shifts.length
  let [runs, failed] = [0, 0]
  const report = (one: Report): void => {
    say(one)
    runs += one.runs
    failed += one.failures.length
  }
  await Promise.all(
    Array.from({ length: Math.min(availableParallelism(), targets) }, () => thread(shifts, report)),
  )
  tell(`fuzz: ${targets} targets, ${runs} runs, ${failed} failed`)
  return failed === 0 ? 0 : 1
}

function serve(memory: SharedArrayBuffer): void {
  startCounting()
  const window = new Window(memory)
  parentPort?.on('message', (shift: Shift) => {
    const target = TARGETS.find(({ name }) => name === shift.target)
    if (target !== undefined) parentPort?.postMessage(work(target, shift, window))
  })
}

if (isMainThread) {
  setFlagsFromString(`--min-semi-space-size=${NEW_OBJECTS_MB}`)
  process.exitCode = await main()
} else serve(workerData)
