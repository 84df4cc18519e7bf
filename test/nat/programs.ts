/**
 * The programs that run inside a country: the server as people start it, coturn, and people (peer.ts, page.ts). Built once,
 * because a namespace needs processes of its own and Node 20 runs no TypeScript.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface, type Interface } from 'node:readline'
import { build } from 'vite'
import { type BrowserName, rootOfRepository } from '../e2e/browsers.ts'
import { until } from '../session/town.ts'
import { type Country, type Place, STREET_ADDRESS } from './country.ts'

export const SERVER_PORT = 4400
const TURN_PORT = 3478
const TURN_SECRET = 'only this test knows it'
const SITE = `http://${STREET_ADDRESS}:${SERVER_PORT}`
const SIGNALING = `ws://${STREET_ADDRESS}:${SERVER_PORT}/signal`

export interface Programs {
  readonly folder: string
  remove(): void
}

/** Inside the repository, so that the packages are found. */
export async function buildPrograms(): Promise<Programs> {
  const root = rootOfRepository()
  mkdirSync(join(root, 'test/.artifacts'), { recursive: true })
  const folder = mkdtempSync(join(root, 'test/.artifacts/nat-'))
  await build({
    configFile: false,
    root,
    logLevel: 'error',
    build: {
      ssr: true,
      outDir: folder,
      target: 'node20',
      rollupOptions: {
        input: { peer: 'test/nat/peer.ts', page: 'test/nat/page.ts', server: 'signaling/main.ts' },
      },
    },
  })
  mkdirSync(join(folder, 'web'))
  writeFileSync(join(folder, 'web/index.html'), 'no page is needed here')
  writeFileSync(join(folder, 'secret'), `${TURN_SECRET}\n`)
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

export interface ServerOptions {
  /** Names the country's TURN server. */
  readonly turn?: boolean
  /** Serves the built pages. */
  readonly pages?: boolean
}

/** The server as people start it. Resolves when it is ready. */
export async function startServer(
  country: Country,
  { folder }: Programs,
  { turn = false, pages = false }: ServerOptions,
): Promise<void> {
  const flags = turn
    ? ['--turn', `turn:${STREET_ADDRESS}:${TURN_PORT}`, '--turn-secret-file', join(folder, 'secret')]
    : []
  const web = pages ? join(rootOfRepository(), 'dist/web') : join(folder, 'web')
  const place = ['--host', STREET_ADDRESS, '--port', String(SERVER_PORT), '--web', web]
  const server = start(country, 'street', process.execPath, [join(folder, 'server.js'), ...place, ...flags])
  await lineWith(server, 'Coterie is ready')
}

/** A real coturn that knows the server's secret. Resolves when it listens. */
export async function startTurn(country: Country, { folder }: Programs): Promise<void> {
  const server = start(country, 'street', 'turnserver', [
    ...['-n', '--no-cli', '--no-tls', '--no-dtls', `--log-file=${join(folder, 'turn.log')}`, '--simple-log'],
    ...[`--listening-ip=${STREET_ADDRESS}`, `--listening-port=${TURN_PORT}`, `--relay-ip=${STREET_ADDRESS}`],
    ...['--use-auth-secret', `--static-auth-secret=${TURN_SECRET}`, '--realm=street'],
    ...['--pidfile=/dev/null', `--userdb=${join(folder, 'turn.sqlite')}`],
  ])
  await until('coturn listens', () => listensOnUdp(server, TURN_PORT))
}

/** Somebody in Node. */
export interface PersonOptions {
  /** Default: the house of their own. */
  readonly place?: Place
  readonly relayOnly?: boolean
  /** Tells the others that its own addresses are a relay's. */
  readonly callsItselfRelay?: boolean
}

/** Somebody at a page of a real browser, in the house of their own. */
export interface PageOptions {
  readonly browser: BrowserName
}

export class Person {
  readonly #process: ChildProcess
  readonly #answers: AsyncIterator<string>

  constructor(
    country: Country,
    { folder }: Programs,
    name: 'Ada' | 'Ben',
    options: PersonOptions | PageOptions = {},
  ) {
    const home = name === 'Ada' ? 'ada' : 'ben'
    const [place, args] =
      'browser' in options
        ? ([home, ['page.js', SITE, name, options.browser]] as const)
        : ([options.place ?? home, ['peer.js', SIGNALING, name, ...wishesOf(options)]] as const)
    const [program, ...words] = args
    this.#process = start(country, place, process.execPath, [join(folder, program), ...words])
    this.#answers = linesOf(this.#process)[Symbol.asyncIterator]()
  }

  /** @returns the answer to a line of peer.ts */
  async does(line: string): Promise<Readonly<Record<string, string | number>>> {
    this.#process.stdin?.write(`${line}\n`)
    const { value, done } = await this.#answers.next()
    if (done) throw new Error(`the process ended before it had answered: ${line.split(' ')[0]}`)
    return JSON.parse(value)
  }
}

function wishesOf({ relayOnly = false, callsItselfRelay = false }: PersonOptions): readonly string[] {
  if (relayOnly) return ['relay-only']
  return callsItselfRelay ? ['calls-itself-relay'] : []
}

function start(country: Country, place: Place, program: string, args: readonly string[]) {
  const [command, inside] = country.inside(place, program, args)
  return spawn(command, inside, { stdio: ['pipe', 'pipe', 'inherit'] })
}

/** In the namespace that the process lives in. */
function listensOnUdp({ pid, exitCode }: ChildProcess, port: number): boolean {
  if (exitCode !== null) throw new Error(`coturn ended with code ${exitCode}`)
  const table = readFileSync(`/proc/${pid}/net/udp`, 'utf8')
  return table.includes(`:${port.toString(16).toUpperCase().padStart(4, '0')} `)
}

function linesOf({ stdout }: ChildProcess): Interface {
  if (stdout === null) throw new TypeError('a process without an output')
  return createInterface({ input: stdout })
}

function lineWith(child: ChildProcess, words: string): Promise<void> {
  return new Promise((resolve, reject) => {
    linesOf(child).on('line', (line) => line.includes(words) && resolve())
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`ended with code ${code} before it said: ${words}`)))
  })
}
