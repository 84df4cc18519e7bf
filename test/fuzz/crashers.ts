/** Inputs that once failed: kept beside the tests, one file each, and played again at every `npm test`. */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Crasher {
  readonly file: string
  readonly target: string
  readonly input: Uint8Array
}

const HASH_DIGITS = 16

/** @param root of the repository @returns the file's name: target, then a hash of the bytes */
export function keep(root: string, target: string, input: Uint8Array): string {
  const hash = createHash('sha256').update(input).digest('hex').slice(0, HASH_DIGITS)
  const file = `${target}-${hash}`
  mkdirSync(folderIn(root), { recursive: true })
  writeFileSync(join(folderIn(root), file), input)
  return file
}

export function kept(root: string): Crasher[] {
  if (!existsSync(folderIn(root))) return []
  return readdirSync(folderIn(root))
    .filter((file) => /-[0-9a-f]{16}$/.test(file))
    .sort()
    .map((file) => ({
      file,
      target: file.slice(0, -1 - HASH_DIGITS),
      input: Uint8Array.from(readFileSync(join(folderIn(root), file))),
    }))
}

function folderIn(root: string): string {
  return join(root, 'test/fuzz/crashers')
}
