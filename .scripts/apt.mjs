/** Packages of the system, on Debian and its relatives; only root may, and only on machines that have apt. */
import { existsSync } from 'node:fs'
import { runCommand, StageFailed, say } from './process.mjs'

export function mayInstall() {
  return process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')
}

export async function installThroughApt(packages) {
  say(`installing ${packages.join(' and ')}`)
  await apt(['update'])
  await apt(['install', '-y', ...packages])
}

async function apt(args) {
  const code = await runCommand('apt-get', args, { env: { DEBIAN_FRONTEND: 'noninteractive' } })
  if (code !== 0) throw new StageFailed(`apt-get ${args[0]} failed (exit code ${code}).`)
}
