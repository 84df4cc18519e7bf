/**
 * Seeds played by several threads at once and reported in their order: what a run says depends on nothing but the seeds.
 */
import { Worker } from 'node:worker_threads'
import type { Report, Terms } from './worker.ts'

export interface Work {
  readonly first: number
  readonly seeds: number
  readonly workers: number
  readonly terms: Terms
}

/** Calls `told` for every seed, in order. @throws what a thread threw */
export async function playAll(work: Work, told: (report: Report) => void): Promise<void> {
  const end = work.first + work.seeds
  const done = new Map<number, Report>()
  let next = work.first
  let reported = work.first
  const tell = (): void => {
    for (let report = done.get(reported); report !== undefined; report = done.get(++reported)) {
      done.delete(reported)
      told(report)
    }
  }
  await Promise.all(
    Array.from({ length: Math.min(work.workers, work.seeds) }, () =>
      employ(
        work.terms,
        () => (next < end ? next++ : undefined),
        (report) => {
          done.set(report.seed, report)
          tell()
        },
      ),
    ),
  )
}

/** One thread until there is nothing left to play. */
function employ(terms: Terms, take: () => number | undefined, done: (report: Report) => void): Promise<void> {
  const worker = new Worker(new URL('./worker.js', import.meta.url), { workerData: terms })
  return new Promise((resolve, reject) => {
    const goOn = (): void => {
      const seed = take()
      if (seed !== undefined) worker.postMessage(seed)
      else worker.terminate().then(() => resolve(), reject)
    }
    worker.on('message', (report: Report) => {
      done(report)
      goOn()
    })
    worker.on('error', reject)
    goOn()
  })
}
