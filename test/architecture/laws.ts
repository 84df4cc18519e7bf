/**
 * The laws of the house, over files given as path and text: real ones or ones planted by a test.
 * Every law returns sentences, one a breach; a house in order returns none.
 * Not here: the map itself (map.ts), parsing (reading.ts), the disk (../architecture.test.ts).
 * Invariant: an empty reading is a breach, so a checker that finds nothing can never be green.
 */
import { posix } from 'node:path'
import { ARROWS, BROWSER_ENTRY_FILES, DOORS, ENTRY_FILES, IMPURE, NODE_ONLY, PURE_ROOMS } from './map.ts'
import { type Import, type Reading, readModule } from './reading.ts'

/** Path from the root of the repository, with `/`, to the file's text. */
export type Files = ReadonlyMap<string, string>
type Readings = ReadonlyMap<string, Reading>

export function breaches(files: Files): string[] {
  if (files.size === 0) return ['no file was read']
  const house = new Map([...files].map(([path, source]) => [path, readModule(path, source)] as const))
  const rooms = new Map([...house].filter(([path]) => !isToolConfiguration(path)))
  if (files.size > 1 && [...rooms.values()].every(({ imports }) => imports.length === 0)) {
    return ['no import was read']
  }
  return [
    ...[...rooms].flatMap(([path, reading]) => breachesOfFile(path, reading, files)),
    ...cycles(rooms),
    ...reachable(rooms),
  ]
}

function breachesOfFile(path: string, reading: Reading, files: Files): string[] {
  const room = roomOf(path)
  if (room === undefined || !(room in ARROWS)) return [`${path} stands in no room of the map`]
  return [
    ...reading.imports.flatMap((each) => breachesOfImport(path, each, files)),
    ...impurities(path, room, reading),
    ...barrels(path, reading),
  ]
}

function breachesOfImport(path: string, { specifier, typesOnly }: Import, files: Files): string[] {
  if (specifier === undefined) return [`${path} computes the name of a module it imports`]
  if (!specifier.startsWith('.')) return mayImportPackage(path, specifier, typesOnly)
  const target = posix.join(posix.dirname(path), specifier)
  if (!/\.[cm]?[jt]sx?$/.test(target)) return [] // style sheets and pictures belong to Vite
  if (!files.has(target)) return [`${path} imports ${target}, which does not exist`]
  return mayImportFile(path, target) ? [] : [`${path} may not import ${target}`]
}

function mayImportFile(path: string, target: string): boolean {
  if (roomOf(path) === roomOf(target) && !isEntry(target)) return true
  const allowed = ARROWS[isEntry(path) ? path : (roomOf(path) ?? '')] ?? []
  return allowed.includes(target) || (!isEntry(target) && allowed.includes(roomOf(target) ?? ''))
}

function mayImportPackage(path: string, specifier: string, typesOnly: boolean): string[] {
  const doors = [...(DOORS[roomOf(path) ?? ''] ?? []), ...(DOORS[path] ?? [])]
  if (doors.some((door) => isPackage(specifier, door))) return []
  if (doors.some((door) => isPackage(specifier, door.replace(/^types:/, '')))) {
    return typesOnly ? [] : [`${path} may import only types from ${specifier}`]
  }
  return [`${path} may not import the package ${specifier}`]
}

/** A door is a package's name, or the beginning that a family shares (`node:`, `@codemirror/`). */
function isPackage(specifier: string, door: string): boolean {
  if (/[:/]$/.test(door)) return specifier.startsWith(door)
  return specifier === door || specifier.startsWith(`${door}/`)
}

function impurities(path: string, room: string, { names }: Reading): string[] {
  if (!PURE_ROOMS.includes(room)) return []
  return [...names].filter((name) => IMPURE.has(name)).map((name) => `${path} names ${name} in a pure room`)
}

function barrels(path: string, { isBarrel, exportsAll, exportsDefault }: Reading): string[] {
  return [
    ...(isBarrel && !isEntry(path) ? [`${path} is a barrel`] : []),
    ...(exportsAll ? [`${path} exports everything of another file, without its names`] : []),
    ...(exportsDefault ? [`${path} exports a default, which has no name`] : []),
  ]
}

function cycles(house: Readings): string[] {
  const done = new Set<string>()
  const found: string[] = []
  const follow = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path)
    if (start >= 0) found.push(`a cycle: ${[...trail.slice(start), path].join(' -> ')}`)
    if (start >= 0 || done.has(path)) return
    for (const target of targetsOf(path, house)) follow(target, [...trail, path])
    done.add(path)
  }
  for (const path of house.keys()) follow(path, [])
  return found
}

/** What a browser's entry file reaches: no package of Node; and `src/index.ts` never the editor. */
function reachable(house: Readings): string[] {
  return BROWSER_ENTRY_FILES.flatMap((entry) =>
    [...closureOf(entry, house)].flatMap((path) => [
      ...(entry === 'src/index.ts' && roomOf(path) === 'editor' ? [`${entry} reaches ${path}`] : []),
      ...(house.get(path)?.imports ?? [])
        .filter(
          ({ specifier, typesOnly }) =>
            !typesOnly && NODE_ONLY.some((door) => isPackage(specifier ?? '', door)),
        )
        .map(({ specifier }) => `${entry} reaches ${specifier} through ${path}`),
    ]),
  )
}

function closureOf(entry: string, house: Readings): ReadonlySet<string> {
  const reached = new Set(house.has(entry) ? [entry] : [])
  for (const path of reached) for (const target of targetsOf(path, house)) reached.add(target)
  return reached
}

function targetsOf(path: string, house: Readings): string[] {
  return (house.get(path)?.imports ?? [])
    .filter(({ specifier }) => specifier?.startsWith('.'))
    .map(({ specifier }) => posix.join(posix.dirname(path), specifier ?? ''))
    .filter((target) => house.has(target))
}

/** The room a file stands in: a folder of src, or signaling, or web. An entry file of src is its own row. */
function roomOf(path: string): string | undefined {
  const [top, second] = path.split('/')
  if (top === 'signaling' || top === 'web') return top
  if (top !== 'src') return undefined
  return path.split('/').length > 2 ? second : isEntry(path) ? path : undefined
}

function isEntry(path: string): boolean {
  return (ENTRY_FILES as readonly string[]).includes(path)
}

/** Files that a tool reads at build time; no room imports them. */
function isToolConfiguration(path: string): boolean {
  return /(\.config|\.d)\.ts$/.test(path)
}
