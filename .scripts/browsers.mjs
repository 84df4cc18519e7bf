/**
 * The two browsers that tests and benchmarks drive: found, or installed through apt.
 * The paths looked at stand in browsers.json, which the launcher of the tests reads too;
 * COTERIE_CHROMIUM and COTERIE_FIREFOX name others.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { installThroughApt, mayInstall } from './apt.mjs'
import { ROOT, StageFailed } from './process.mjs'

const PACKAGES = { chromium: 'chromium', firefox: 'firefox-esr' }

export async function ensureBrowsers() {
  const missing = missingBrowsers()
  if (missing.length === 0) return
  const packages = missing.map((name) => PACKAGES[name])
  if (!mayInstall()) throw new StageFailed(remedy(missing, packages))
  await installThroughApt(packages)
  const still = missingBrowsers()
  if (still.length > 0) throw new StageFailed(remedy(still, packages))
}

function missingBrowsers() {
  const paths = JSON.parse(readFileSync(join(ROOT, '.scripts', 'browsers.json'), 'utf8'))
  return Object.keys(PACKAGES).filter((name) => {
    const own = process.env[`COTERIE_${name.toUpperCase()}`]
    return !(own ? [own] : paths[name]).some((path) => existsSync(path))
  })
}

function remedy(missing, packages) {
  return (
    `the tests need ${missing.join(' and ')}, which is not here. Run this, then run the command again:\n` +
    `  sudo apt-get update && sudo apt-get install -y ${packages.join(' ')}\n` +
    'Elsewhere than on Debian: install them and name them in COTERIE_CHROMIUM and COTERIE_FIREFOX.'
  )
}
