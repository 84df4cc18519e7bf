/**
 * The layer rule, executable: reads every file of src, signaling and web and holds it to the map.
 * Half of the tests plant a breach, because a checker that finds nothing proves nothing.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { breaches } from './architecture/laws.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

function filesOfTheHouse(): Map<string, string> {
  const paths = ['src', 'signaling', 'web'].flatMap((top) =>
    readdirSync(`${ROOT}${top}`, { recursive: true, encoding: 'utf8' }).map((path) => `${top}/${path}`),
  )
  const sources = paths.map((path) => path.replaceAll('\\', '/')).filter((path) => path.endsWith('.ts'))
  return new Map(sources.map((path) => [path, readFileSync(`${ROOT}${path}`, 'utf8')]))
}

/** A house of two lawful files, with what a test plants. */
function houseWith(planted: Readonly<Record<string, string>>): Map<string, string> {
  const lawful = {
    'src/base/bytes.ts': 'export const EMPTY = new Uint8Array(0)',
    'src/wire/frame.ts': "import { EMPTY } from '../base/bytes.ts'\nexport const FRAME = EMPTY",
  }
  return new Map(Object.entries({ ...lawful, ...planted }))
}

describe('the house', () => {
  test('keeps the laws of its map', () => {
    expect(breaches(filesOfTheHouse())).toEqual([])
  })

  test.each(['src', 'signaling', 'web'])('has files in %s', (top) => {
    expect([...filesOfTheHouse().keys()].filter((path) => path.startsWith(`${top}/`))).not.toEqual([])
  })

  test('has nothing at its top level that the design does not name', () => {
    const named =
      'package.json package-lock.json tsconfig.json src signaling web test README.md LICENSE CHANGELOG.md docs clients'
    const made = ['node_modules', 'dist', 'coverage']
    const found = readdirSync(ROOT).filter((name) => !name.startsWith('.'))
    expect(found.filter((name) => ![...named.split(' '), ...made].includes(name))).toEqual([])
  })

  test('depends on exact versions, and its lock file names no address', () => {
    const { dependencies, devDependencies } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8'))
    const versions = Object.values<string>({ ...dependencies, ...devDependencies })
    expect(versions.length).toBeGreaterThan(0)
    expect(versions.filter((version) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([])
    expect(readFileSync(`${ROOT}package-lock.json`, 'utf8')).not.toContain('"resolved"')
  })

  test('locks the packages of every platform, without which npm ci refuses the lock file', () => {
    const { packages } = JSON.parse(readFileSync(`${ROOT}package-lock.json`, 'utf8'))
    const locked = new Set(Object.keys(packages).map((path) => path.replace(/^.*node_modules\//, '')))
    const optional = Object.values<{ optionalDependencies?: object }>(packages).flatMap((each) =>
      Object.keys(each.optionalDependencies ?? {}),
    )
    expect(optional.length).toBeGreaterThan(0)
    expect(optional.filter((name) => !locked.has(name))).toEqual([])
  })
})

describe('the laws', () => {
  test('find nothing in a lawful house', () => {
    expect(breaches(houseWith({}))).toEqual([])
  })

  test('refuse an empty reading', () => {
    expect(breaches(new Map())).toEqual(['no file was read'])
    const deaf = { 'src/base/a.ts': 'export const a = 1', 'src/base/b.ts': 'export const b = 1' }
    expect(breaches(new Map(Object.entries(deaf)))).toEqual(['no import was read'])
  })

  test('refuse a file that does not parse', () => {
    expect(() => breaches(houseWith({ 'src/base/broken.ts': 'const = 3' }))).toThrow('does not parse')
  })

  test.each([
    ['import', "import { FRAME } from '../wire/frame.ts'\nexport const up = FRAME"],
    ['import of a type', "import type { FRAME } from '../wire/frame.ts'\nexport type Up = typeof FRAME"],
    ['type taken from an import', "export type Up = typeof import('../wire/frame.ts').FRAME"],
    ['re-export', "export { FRAME } from '../wire/frame.ts'\nexport const other = 1"],
    ['dynamic import', "export const up = () => import('../wire/frame.ts')"],
    [
      'import among misleading comments',
      "/* ` */ const a = '//'; import { FRAME } from '../wire/frame.ts'\nexport const up = [FRAME, a]",
    ],
  ])('refuse an upward %s', (_, source) => {
    expect(breaches(houseWith({ 'src/base/up.ts': source }))).toContain(
      'src/base/up.ts may not import src/wire/frame.ts',
    )
  })

  test('read no import in comments and strings', () => {
    const source = "// import '../wire/frame.ts'\nexport const text = `import '../wire/frame.ts'`"
    expect(breaches(houseWith({ 'src/base/text.ts': source }))).toEqual([])
  })

  test('refuse a cycle, of types too', () => {
    const planted = {
      'src/base/a.ts': "import type { B } from './b.ts'\nexport type A = B[]",
      'src/base/b.ts': "import type { A } from './a.ts'\nexport type B = A[]",
    }
    expect(breaches(houseWith(planted))).toEqual(['a cycle: src/base/a.ts -> src/base/b.ts -> src/base/a.ts'])
  })

  test.each([
    ['src/doc/box.ts', 'libsodium-wrappers'],
    ['src/crypto/text.ts', 'yjs'],
    ['src/session/peer.ts', 'simple-peer'],
    ['src/session/disk.ts', 'idb'],
    ['src/doc/view.ts', '@codemirror/state'],
    ['src/wire/number.ts', 'lib0/decoding'],
    ['src/wire/file.ts', 'node:fs'],
    ['src/editor/part.ts', 'lit'],
    ['src/doc/new.ts', 'a-package-nobody-chose'],
  ])('refuse, in %s, the package %s', (path, specifier) => {
    const planted = { [path]: `import * as thing from '${specifier}'\nexport const it = thing` }
    expect(breaches(houseWith(planted))).toEqual([`${path} may not import the package ${specifier}`])
  })

  test('admit the types of a package where only its types may enter', () => {
    const value = "import { Doc } from 'yjs'\nexport const it = Doc"
    const type = "import { type Doc } from 'yjs'\nexport type It = Doc"
    expect(breaches(houseWith({ 'src/editor/it.ts': value }))).toEqual([
      'src/editor/it.ts may import only types from yjs',
    ])
    expect(breaches(houseWith({ 'src/editor/it.ts': type }))).toEqual([])
  })

  test('let the shell know ports and no adapter', () => {
    const planted = {
      'src/storage/port.ts': 'export interface Store { readonly name: string }',
      'src/storage/memory.ts':
        "import type { Store } from './port.ts'\nexport const memory: Store = { name: 'm' }",
      'src/session/good.ts': "import type { Store } from '../storage/port.ts'\nexport type Good = Store",
      'src/session/bad.ts': "import { memory } from '../storage/memory.ts'\nexport const bad = memory",
    }
    expect(breaches(houseWith(planted))).toEqual(['src/session/bad.ts may not import src/storage/memory.ts'])
  })

  test('let the web app in through the entry files only', () => {
    const planted = {
      'src/index.ts': "export { FRAME } from './wire/frame.ts'",
      'web/main.ts': "import { FRAME } from '../src/index.ts'\nexport const main = FRAME",
      'web/burglar.ts': "import { FRAME } from '../src/wire/frame.ts'\nexport const burglar = FRAME",
    }
    expect(breaches(houseWith(planted))).toEqual(['web/burglar.ts may not import src/wire/frame.ts'])
  })

  test('keep the editor and Node out of what src/index.ts reaches', () => {
    const planted = {
      'src/index.ts': "export { view } from './editor/view.ts'\nexport { disk } from './storage/node.ts'",
      'src/editor/view.ts': "import { EditorView } from '@codemirror/view'\nexport const view = EditorView",
      'src/storage/node.ts': "import { readFileSync } from 'node:fs'\nexport const disk = readFileSync",
    }
    expect(breaches(houseWith(planted))).toEqual([
      'src/index.ts may not import src/editor/view.ts',
      'src/index.ts reaches src/editor/view.ts',
      'src/index.ts reaches node:fs through src/storage/node.ts',
    ])
  })

  test.each([
    ['Date', 'export const now = () => Date.now()'],
    ['Date', 'export const now = () => new Date()'],
    ['setTimeout', 'export const later = (f: () => void) => setTimeout(f, 1)'],
    ['Math.random', 'export const chance = () => Math.random()'],
    ['Math.random', "export const chance = () => Math['random']()"],
    ['console', "export const say = () => console.log('x')"],
    ['crypto.getRandomValues', 'export const bytes = () => crypto.getRandomValues(new Uint8Array(8))'],
    ['fetch', "export const load = () => fetch('x')"],
    ['performance', 'export const now = () => performance.now()'],
  ])('refuse %s in a pure room', (name, source) => {
    expect(breaches(houseWith({ 'src/wire/impure.ts': source }))).toEqual([
      `src/wire/impure.ts names ${name} in a pure room`,
    ])
  })

  test('allow a pure room its own members of those names', () => {
    const source =
      'export interface Clock { fetch(): number }\nexport const read = (clock: Clock) => clock.fetch()'
    expect(breaches(houseWith({ 'src/wire/pure.ts': source }))).toEqual([])
  })

  test('refuse a barrel that is no entry file, and exports without names', () => {
    const planted = {
      'src/base/index.ts': "export { EMPTY } from './bytes.ts'",
      'src/base/all.ts': "export * from './bytes.ts'\nexport const more = 1",
      'src/base/nameless.ts': 'export default 1',
    }
    expect(breaches(houseWith(planted))).toEqual([
      'src/base/index.ts is a barrel',
      'src/base/all.ts exports everything of another file, without its names',
      'src/base/nameless.ts exports a default, which has no name',
    ])
  })

  test('refuse a file outside the rooms, an import of nothing and a computed import', () => {
    const planted = {
      'src/loose.ts': 'export const loose = 1',
      'src/attic/old.ts': 'export const old = 1',
      'src/base/lost.ts': "import { gone } from './gone.ts'\nexport const lost = gone",
      'src/base/computed.ts': 'export const load = (name: string) => import(name)',
    }
    expect(breaches(houseWith(planted))).toEqual([
      'src/loose.ts stands in no room of the map',
      'src/attic/old.ts stands in no room of the map',
      'src/base/lost.ts imports src/base/gone.ts, which does not exist',
      'src/base/computed.ts computes the name of a module it imports',
    ])
  })
})
