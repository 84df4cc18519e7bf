/**
 * What the tests on real networks need: namespaces, address translation and a TURN server of the system. Found, or
 * installed through apt. Where this process may make no namespaces those tests are skipped, and nothing is needed.
 */
import { spawnSync } from 'node:child_process'
import { installThroughApt, mayInstall } from './apt.mjs'
import { StageFailed } from './process.mjs'

const PACKAGES = { ip: 'iproute2', iptables: 'iptables', turnserver: 'coturn' }

export async function ensureNetworkTools() {
  const missing = missingTools()
  if (missing.length === 0 || !mayMakeNamespaces()) return
  const packages = missing.map((tool) => PACKAGES[tool])
  if (!mayInstall()) throw new StageFailed(remedy(packages))
  await installThroughApt(packages)
  if (missingTools().length > 0) throw new StageFailed(remedy(packages))
}

function missingTools() {
  return Object.keys(PACKAGES).filter((tool) => spawnSync('which', [tool], { stdio: 'ignore' }).status !== 0)
}

/** Asked of the kernel itself, because the tool that usually asks may be what is missing. */
function mayMakeNamespaces() {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false
  return spawnSync('unshare', ['--net', '--mount', 'true'], { stdio: 'ignore' }).status === 0
}

function remedy(packages) {
  return (
    `the tests on real networks need ${packages.join(' and ')}. Run this, then run the command again:\n` +
    `  sudo apt-get update && sudo apt-get install -y ${packages.join(' ')}`
  )
}
