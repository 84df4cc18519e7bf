/**
 * What is built into dist/: the library and the server (tsc), the web app (Vite), and single programs such as
 * the benchmark (tsc, with the files they reach).
 * Invariants: the repository's tsconfig.json is the only one written by hand, each build narrows it to its
 * files; nothing is built whose inputs have not changed; output without a source is removed.
 */
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT, runTool, StageFailed, say } from './process.mjs'
import { filesUnder, hashInputs, isStamped, removeStamp, writeStamp } from './stamp.mjs'

const STAMPS = 'dist/.stamps'
const COMPILER = ['tsconfig.json', 'package-lock.json', 'package.json']

export async function buildLibrary() {
  await whenChanged(
    'library',
    ['src', 'signaling', ...COMPILER],
    'building the library and the server',
    async () => {
      await compile('library', { include: ['src', 'signaling'] })
      removeOrphans('src')
      removeOrphans('signaling')
    },
  )
}

export async function buildWeb() {
  if (!existsSync(join(ROOT, 'web', 'vite.config.ts'))) {
    throw new StageFailed('web/vite.config.ts is missing, so the web app cannot be built.')
  }
  await whenChanged('web', ['src', 'web', ...COMPILER], 'building the web app', () =>
    runTool('the build of the web app', 'vite', [
      ...['build', 'web', '--config', 'web/vite.config.ts'],
      ...['--outDir', '../dist/web', '--emptyOutDir', '--logLevel', 'warn'],
    ]),
  )
}

/** Builds one program and what it imports. @returns the built file */
export async function buildProgram(source) {
  const name = source.replaceAll('/', '-')
  await whenChanged(name, ['src', 'signaling', 'test', ...COMPILER], `building ${source}`, () =>
    compile(name, { files: [source], include: ['src/**/*.d.ts', 'test/**/*.d.ts'] }),
  )
  return `dist/${source.replace(/\.ts$/, '.js')}`
}

async function whenChanged(name, inputs, sentence, build) {
  const stamp = `${STAMPS}/${name}`
  const hash = hashInputs([...inputs, '.scripts/build.mjs'])
  if (isStamped(stamp, hash)) return
  say(sentence)
  removeStamp(stamp)
  await build()
  writeStamp(stamp, hash)
}

async function compile(name, { files = [], include }) {
  const config = join(ROOT, STAMPS, `${name}.tsconfig.json`)
  const here = (paths) => paths.map((path) => join(ROOT, path))
  mkdirSync(join(ROOT, STAMPS), { recursive: true })
  const narrowed = { extends: join(ROOT, 'tsconfig.json'), files: here(files), include: here(include) }
  writeFileSync(config, JSON.stringify({ ...narrowed, compilerOptions: { noEmitOnError: true } }))
  await runTool(`compiling ${name}`, 'tsc', ['-p', config])
}

/** Removes the output of sources that were deleted or renamed: the package would ship it. */
function removeOrphans(folder) {
  for (const output of filesUnder(join(ROOT, 'dist', folder))) {
    const source = output.replace(/\.(js|js\.map|d\.ts)$/, '.ts').replace(join(ROOT, 'dist'), ROOT)
    if (!existsSync(source)) rmSync(output)
  }
}
