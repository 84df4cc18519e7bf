/**
 * The far end of mutation-served.mjs, in Vitest's thread: loads every file of tests once, plays none of their tests, and
 * then plays those it is asked for, with the mutant it is asked for, for as long as it is asked.
 * Invariant: a test that fails with a mutant is played once more without: if it fails again, something was left behind,
 * by this mutant or one before, and the answer says so.
 */
import { relative } from 'node:path'
import { BroadcastChannel } from 'node:worker_threads'
import { inject, TestRunner } from 'vitest'

/** Tests that noticed a mutant lately are played first: its neighbours are noticed by the same ones. */
const REMEMBERED = 20

export default class Worker extends TestRunner {
  #tests = new Map()
  #milliseconds = new Map()
  #noticed = []
  #loaded = 0

  onCollected(files) {
    for (const file of files) for (const task of testsOf(file)) this.#remember(task)
  }

  async onAfterRunFiles(files) {
    super.onAfterRunFiles(files)
    this.#loaded += files.length
    const { channel, files: all } = inject('served')
    if (this.#loaded === all) await this.#serve(new BroadcastChannel(channel))
  }

  #remember(task) {
    const id = idOf(task)
    this.#tests.set(id, [...(this.#tests.get(id) ?? []), task])
  }

  /** Until it is told to end. */
  #serve(channel) {
    return new Promise((resolve) => {
      channel.onmessage = async ({ data }) => {
        if (data.type === 'play') return channel.postMessage({ type: 'played', ...(await this.#play(data)) })
        if (data.type !== 'end') return
        channel.close()
        resolve()
      }
      channel.postMessage({ type: 'ready' })
    })
  }

  async #play({ mutant, testIds, hitLimit }) {
    const switches = switchesOfMutants()
    Object.assign(switches, { activeMutant: mutant, hitCount: 0, hitLimit })
    let nrOfTests = 0
    let failed
    for (const id of this.#inOrder(testIds)) {
      nrOfTests++
      const failure = await this.#failureOf(id)
      if (failure === undefined && switches.hitCount <= hitLimit) continue
      failed = { id, failure }
      break
    }
    const isEndless = switches.hitCount > hitLimit
    Object.assign(switches, { activeMutant: undefined, hitCount: undefined, hitLimit: undefined })
    if (failed === undefined) return { nrOfTests, isClean: true }
    this.#noticed = [failed.id, ...this.#noticed.filter((id) => id !== failed.id)].slice(0, REMEMBERED)
    return { nrOfTests, failed, isEndless, isClean: (await this.#failureOf(failed.id)) === undefined }
  }

  #inOrder(testIds) {
    const place = (id) => {
      const noticed = this.#noticed.indexOf(id)
      return noticed < 0 ? REMEMBERED + (this.#milliseconds.get(id) ?? 0) : noticed
    }
    return [...testIds].sort((one, other) => place(one) - place(other))
  }

  /** What the first of the tests of this name says that fails. */
  async #failureOf(id) {
    const since = performance.now()
    try {
      for (const task of this.#tests.get(id) ?? []) await TestRunner.getTestFn(task)()
      return undefined
    } catch (error) {
      return String(error?.message ?? error)
    } finally {
      this.#milliseconds.set(id, performance.now() - since)
    }
  }
}

/** What the code that Stryker wrote looks at. */
function switchesOfMutants() {
  globalThis.__stryker__ ??= {}
  return globalThis.__stryker__
}

function testsOf(suite) {
  return suite.tasks.flatMap((task) => (task.type === 'suite' ? testsOf(task) : [task]))
}

/** As Stryker names a test. */
function idOf(task) {
  const names = []
  for (let at = task; at !== undefined; at = at.suite) names.unshift(at.name)
  return `${relative(process.cwd(), task.file.filepath).replaceAll('\\', '/')}#${names.join(' ').trim()}`
}
