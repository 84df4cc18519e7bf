/** Importing the package where there is no browser (Node, server rendering) touches nothing a browser has. */
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'vite'
import { afterAll, beforeAll, expect, test } from 'vitest'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const ENTRIES = ['src/index.ts', 'src/node.ts', 'src/editor/index.ts']
const TRAPPED = [
  ...['window', 'document', 'navigator', 'location', 'self', 'localStorage', 'sessionStorage', 'indexedDB'],
  ...['RTCPeerConnection', 'WebSocket', 'BroadcastChannel', 'requestAnimationFrame', 'matchMedia'],
]

const run = promisify(execFile)
let built: string

beforeAll(async () => {
  const artifacts = join(ROOT, 'test/.artifacts')
  await mkdir(artifacts, { recursive: true })
  built = await mkdtemp(join(artifacts, 'import-')) // inside the repository, where the packages are found
  for (const [index, entry] of ENTRIES.entries()) {
    await build({
      configFile: false,
      logLevel: 'silent',
      root: ROOT,
      build: {
        ssr: join(ROOT, entry),
        outDir: built,
        emptyOutDir: false,
        rollupOptions: { output: { entryFileNames: `${index}.mjs`, chunkFileNames: `${index}-[name].mjs` } },
      },
    })
  }
})

afterAll(() => rm(built, { recursive: true, force: true }))

/** Runs in a process of its own, where our reading any of these names is written down with its place. */
const TRAP = `
const touched = []
for (const name of ${JSON.stringify(TRAPPED)}) {
  const value = globalThis[name]
  Object.defineProperty(globalThis, name, {
    configurable: true,
    get() {
      const place = new Error().stack.split('\\n')[2]
      if (!place.includes('node_modules') && !place.includes('node:')) touched.push(name + place)
      return value
    },
  })
}
const { default: _, ...exported } = await import(process.argv[1])
console.log(JSON.stringify({ touched, exported: Object.keys(exported) }))
`

async function importing(file: string): Promise<{ touched: readonly string[]; exported: readonly string[] }> {
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', TRAP, file], { cwd: ROOT })
  return JSON.parse(stdout) as { touched: string[]; exported: string[] }
}

test.each(ENTRIES.map((entry, index) => [entry, index] as const))('%s', async (_entry, index) => {
  const { touched, exported } = await importing(pathToFileURL(join(built, `${index}.mjs`)).href)
  expect(exported.length).toBeGreaterThan(0)
  expect(touched).toEqual([])
})

test('a touch that was planted is found', async () => {
  const { touched } = await importing('data:text/javascript,export const here = typeof window')
  expect(touched.length).toBe(1)
})
