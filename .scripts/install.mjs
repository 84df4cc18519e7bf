/**
 * The packages: installed from the lock file when it changed, and only then.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT, runCommand, StageFailed, say } from './process.mjs'
import { hashInputs, isStamped, removeStamp, writeStamp } from './stamp.mjs'

const STAMP = 'node_modules/.coterie-installed'

/** Oldest versions that the tools run on: 20.19, and 22.12 of the newer line. */
export function requireNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if ((major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major > 22) return
  throw new StageFailed(
    `this is Node ${process.versions.node}, and Coterie needs 20.19 or later (of 22: 22.12 or later). ` +
      'Get it from https://nodejs.org and run the command again.',
  )
}

export async function installPackages() {
  const hash = hashInputs(['package-lock.json', '.npmrc'])
  if (existsSync(join(ROOT, 'node_modules')) && isStamped(STAMP, hash)) return
  say('installing packages')
  removeStamp(STAMP)
  const [command, first] = npm()
  // NODE_ENV=production would leave the tools out.
  const code = await runCommand(command, [...first, 'ci', '--include=dev', '--no-audit', '--no-fund'])
  if (code !== 0) {
    throw new StageFailed(
      `npm ci failed (exit code ${code}). It needs the network once; the reason stands above.`,
    )
  }
  writeStamp(STAMP, hash)
}

/** The npm that started this run, or the one on the path. */
function npm() {
  const path = process.env.npm_execpath
  return path?.endsWith('.js') ? [process.execPath, [path]] : ['npm', []]
}
