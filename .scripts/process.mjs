/**
 * Child processes of a run: started, waited for, ended.
 * Not here: the server and the programs, which run inside the first process (run.mjs).
 * Invariants: a child never outlives the run that started it, unless that run is killed outright; each child
 * leads a process group, so whatever it started ends with it.
 */
import { spawn } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)))

/** Milliseconds between asking a group to end and ending it: browsers need some to remove their profiles. */
const GRACE = 10_000

/** Milliseconds between two looks at whether the process that started this one is still there. */
const PARENT_CHECK = 250

/** A stage that did not succeed; the message is for the person who ran the command. */
export class StageFailed extends Error {}

/**
 * Runs a command to its end with this terminal's output.
 * @param options.deadline milliseconds after which the whole group is ended
 * @returns its exit code; 124 when the deadline passed, 128 and more when a signal ended it
 */
export function runCommand(command, args, { env = {}, deadline } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: ROOT,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, ...env },
      detached: true,
    })
    let late = false
    let killing
    const end = (signal) => {
      signalGroup(child, signal)
      killing ??= setTimeout(() => signalGroup(child, 'SIGKILL'), GRACE)
    }
    const interrupt = () => end('SIGINT')
    const terminate = () => end('SIGTERM')
    const expire = () => {
      late = true
      end('SIGTERM')
    }
    const timer = deadline === undefined ? undefined : setTimeout(expire, deadline)
    process.on('SIGINT', interrupt).on('SIGTERM', terminate).on('SIGHUP', terminate)
    const settle = () => {
      clearTimeout(timer)
      clearTimeout(killing)
      process.off('SIGINT', interrupt).off('SIGTERM', terminate).off('SIGHUP', terminate)
    }
    child.on('error', (error) => {
      settle()
      reject(new StageFailed(`"${command}" could not be started: ${error.message}`))
    })
    child.on('exit', (code, signal) => {
      settle()
      if (killing !== undefined) signalGroup(child, 'SIGKILL')
      if (late) resolve(124)
      else resolve(signal === null ? code : 128)
    })
  })
}

/**
 * Ends this process politely when its parent is gone. npm hands a signal to the shell between the two, and the
 * shell dies of it without a word to us; a killed npm says nothing at all.
 */
export function endWithParent() {
  const parent = process.ppid
  const timer = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(timer)
    process.kill(process.pid, 'SIGTERM')
  }, PARENT_CHECK)
  timer.unref()
}

function signalGroup(child, signal) {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, signal)
  } catch (error) {
    if (error.code !== 'ESRCH') throw error // ESRCH: the group has already ended
  }
}

/** Runs a tool that the packages brought; a failure ends the run. */
export async function runTool(stage, tool, args, options) {
  const code = await tryTool(tool, args, options)
  if (code !== 0) throw new StageFailed(`${stage} failed (exit code ${code}). What is wrong stands above.`)
}

/** Runs a tool that the packages brought. @returns its exit code */
export function tryTool(tool, args, options) {
  return runCommand(join(ROOT, 'node_modules', '.bin', tool), args, options)
}

/** One line that says what is being done. */
export function say(sentence) {
  console.log(`coterie: ${sentence}`)
}
