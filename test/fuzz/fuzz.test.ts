/**
 * Every decoder for ten seconds on threads of their own, and every input that ever failed once more.
 * `npm run fuzz -- --seconds N` goes on for longer.
 */
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'vite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Reader } from '../../src/base/codec.ts'
import { rootOfRepository } from '../e2e/browsers.ts'
import { kept } from './crashers.ts'
import { play } from './fuzzer.ts'
import { startCounting } from './meter.ts'
import { TARGETS } from './table.ts'
import type { Target } from './target.ts'

const SECONDS = 10
/** All targets one after the other, on a busy machine with one processor. */
const DEADLINE = 15 * 60_000

const root = rootOfRepository()

test('inputs that failed once hold', () => {
  startCounting()
  for (const { file, target: name, input } of kept(root)) {
    const target = TARGETS.find((one) => one.name === name)
    expect(target, `${file}: there is no such target any more`).toBeDefined()
    if (target !== undefined) expect(play(target, input).reason, file).toBeUndefined()
  }
})

test('a decoder that holds too much at once fails, one that lets go does not', () => {
  startCounting()
  const reasonOf = (keeps: boolean): string | undefined => {
    const decode = (bytes: Uint8Array): unknown => {
      const kept: unknown[] = []
      for (const reader = new Reader(bytes); reader.left > 0; ) {
        const made = new Array(200).fill(reader.u8() + 0.5)
        if (keeps) kept.push(made)
      }
      return kept
    }
    const planted: Target = {
      name: 'planted',
      pace: 'cheap',
      allocatedPerByte: 10_000,
      valid: () => [],
      decode,
    }
    return play(planted, new Uint8Array(8_000)).reason
  }
  expect(reasonOf(true)).toMatch(/held at once/)
  expect(reasonOf(false)).toBeUndefined()
})

describe(`for ${SECONDS} seconds`, () => {
  const lines: string[] = []
  let folder = ''

  beforeAll(async () => {
    mkdirSync(join(root, 'test/.artifacts'), { recursive: true })
    // inside the repository, so that the packages are found
    folder = mkdtempSync(join(root, 'test/.artifacts/fuzz-'))
    await build({
      configFile: false,
      root,
      logLevel: 'error',
      build: {
        ssr: true,
        outDir: folder,
        target: 'node20',
        rollupOptions: { input: { main: 'test/fuzz/main.ts' } },
      },
    })
    lines.push(...(await linesOf([join(folder, 'main.js'), '--seconds', String(SECONDS)])))
  }, DEADLINE)

  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test.each(TARGETS.map(({ name }) => name))(
    '%s throws nothing and costs what its input is worth',
    (name) => {
      const at = lines.findIndex((line) => / (\S+): \d+ runs/.exec(line)?.[1] === name)
      const end = lines.findIndex((line, index) => index > at && !line.startsWith(' '))
      expect(lines.slice(at, end).join('\n')).toMatch(/^held /)
    },
  )
})

/** @returns what it printed, line by line */
function linesOf(args: readonly string[]): Promise<string[]> {
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] })
  let said = ''
  child.stdout.on('data', (data) => {
    said += String(data)
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', () => resolve(said.split('\n')))
  })
}
