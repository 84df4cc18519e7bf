/**
 * Plays tests with a mutant in a thread that has loaded them already: to load a file of tests costs more than most of its
 * tests. Only for mutants that are asked whether they are alive while tests run, not for those in what a file does when it
 * loads.
 * Not here: what the thread does (mutation-worker.mjs).
 * Invariant: what it says was found in a thread where the same test passes without the mutant.
 */
import { join } from 'node:path'
import { BroadcastChannel } from 'node:worker_threads'
import { createVitest } from 'vitest/node'
import { ROOT } from './process.mjs'

let threads = 0

export class ServedTests {
  #options
  #thread
  /** What is asked came of it before the mutant did anything. */
  #isSpoiled = false

  /** @param options.configFile and options.dir as Vitest's own */
  constructor(options) {
    this.#options = options
  }

  /** A result as Stryker wants it. */
  async play({ activeMutant, testFilter, hitLimit }) {
    const question = { type: 'play', mutant: activeMutant.id, testIds: testFilter, hitLimit }
    if (this.#isSpoiled) await this.end()
    let played = await this.#ask(question)
    if (!played.isClean) {
      await this.end()
      played = await this.#ask(question)
    }
    this.#isSpoiled = !played.isClean
    return resultOf(played)
  }

  async end() {
    const thread = await this.#thread
    this.#thread = undefined
    if (thread === undefined) return
    thread.channel.postMessage({ type: 'end' })
    await thread.ended
    thread.channel.close()
    await thread.vitest.close()
  }

  async #ask(question) {
    this.#thread ??= startThread(this.#options)
    const { channel } = await this.#thread
    const answer = next(channel, 'played')
    channel.postMessage(question)
    return answer
  }
}

async function startThread({ configFile, dir }) {
  const name = `coterie-mutants-${process.pid}-${threads++}`
  const channel = new BroadcastChannel(name)
  const vitest = await createVitest('test', {
    ...{ config: configFile, dir, pool: 'threads', maxWorkers: 1, watch: false, reporters: [{}] },
    ...{ runner: join(ROOT, '.scripts/mutation-worker.mjs'), testNamePattern: '^no test is called this$' },
  })
  const files = await vitest.globTestSpecifications()
  vitest.provide('served', { channel: name, files: files.length })
  const ready = next(channel, 'ready')
  const ended = vitest.runTestSpecifications(files, true)
  await Promise.race([ready, ended.then(complain)])
  return { vitest, channel, ended }
}

function complain({ unhandledErrors }) {
  throw new Error(`the tests did not load: ${unhandledErrors.map(String).join(', ')}`)
}

function next(channel, type) {
  return new Promise((resolve) => {
    channel.onmessage = ({ data }) => {
      if (data.type === type) resolve(data)
    }
  })
}

function resultOf({ failed, isEndless, nrOfTests }) {
  if (isEndless) return { status: 'timeout', reason: 'the mutant was reached too often' }
  if (failed === undefined) return { status: 'survived', nrOfTests }
  return { status: 'killed', killedBy: [failed.id], failureMessage: failed.failure, nrOfTests }
}
