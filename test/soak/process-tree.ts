/** A process and everything it started, stopped in its tracks or killed: what a laptop's lid or a crash does to a browser. */
import { readdirSync, readFileSync } from 'node:fs'

/** Stops a process and its children. @returns the way to let all of them go on */
export function freeze(root: number): () => void {
  const stopped = new Set<number>()
  // Until a look finds nobody new: who was running a moment ago may have started another.
  for (let found = treeOf(root); found.some((pid) => !stopped.has(pid)); found = treeOf(root)) {
    for (const pid of found) {
      signal(pid, 'SIGSTOP')
      stopped.add(pid)
    }
  }
  return () => {
    for (const pid of stopped) signal(pid, 'SIGCONT')
  }
}

/** Ends a process and its children at once, with nothing said and nothing written. */
export function kill(root: number): void {
  const thaw = freeze(root) // nobody notices that another is gone and tidies up
  for (const pid of treeOf(root)) signal(pid, 'SIGKILL')
  thaw()
}

/** The process and all below it, parents first. */
function treeOf(root: number): number[] {
  const children = new Map<number, number[]>()
  for (const name of readdirSync('/proc')) {
    const pid = Number(name)
    const parent = Number.isInteger(pid) ? parentOf(pid) : undefined
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), pid])
  }
  const tree = [root]
  for (const pid of tree) tree.push(...(children.get(pid) ?? []))
  return tree
}

/** undefined: it has ended. */
function parentOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
  } catch (error) {
    if (isGone(error)) return undefined
    throw error
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch (error) {
    if (!isGone(error)) throw error
  }
}

function isGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ESRCH' || error.code === 'ENOENT')
}
