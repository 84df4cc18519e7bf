/**
 * Stamps: what a stage was made from, so that it is not made again.
 * A stamp is a file that holds the hash of every input's path and bytes.
 * Invariant: it is written only after the stage has succeeded, so a broken stage is always tried again.
 */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { ROOT } from './process.mjs'

/** Hash of files and folders, by path and content, and of the platform that made the result. */
export function hashInputs(paths) {
  const hash = createHash('sha256').update(
    `${process.platform}-${process.arch}-${process.versions.modules}\n`,
  )
  for (const path of paths) {
    for (const file of filesUnder(join(ROOT, path))) {
      const bytes = readFileSync(file)
      hash.update(`${relative(ROOT, file)} ${bytes.length}\n`).update(bytes)
    }
  }
  return hash.digest('hex')
}

/** Every file under a folder, in a fixed order; a path that does not exist has none. */
export function filesUnder(path) {
  if (!existsSync(path)) return []
  if (statSync(path).isFile()) return [path]
  const names = readdirSync(path).sort()
  return names.filter((name) => name !== '.artifacts').flatMap((name) => filesUnder(join(path, name)))
}

export function isStamped(stamp, hash) {
  const file = join(ROOT, stamp)
  return existsSync(file) && readFileSync(file, 'utf8') === hash
}

export function writeStamp(stamp, hash) {
  const file = join(ROOT, stamp)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, hash)
}

export function removeStamp(stamp) {
  rmSync(join(ROOT, stamp), { force: true })
}
