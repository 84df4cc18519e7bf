/**
 * The programs that run inside a country: the server as people start it, coturn, and people (peer.ts). Built once,
 * because a namespace needs processes of its own and Node 20 runs no TypeScript.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface, type Interface } from 'node:readline'
import { build } from 'vite'
import { rootOfRepository } from '../e2e/browsers.ts'
import { until } from '../session/town.ts'
import { type Country, type Place, STREET_ADDRESS } from './country.ts'

export const SERVER_PORT = 4400
const TURN_PORT = 3478
const TURN_SECRET = 'only this test knows it'
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
      rollupOptions: { input: { peer: 'test/nat/peer.ts', server: 'signaling/main.ts' } },
    },
  })
  mkdirSync(join(folder, 'web'))
  writeFileSync(join(folder, 'web/index.html'), 'no page is needed here')
  writeFileSync(join(folder, 'secret'), `${TURN_SECRET}\n`)
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

/** The server as people start it. Resolves when it is ready. */
export async function startServer(country: Country, { folder }: Programs, turn: boolean): Promise<void> {
  const flags = turn
    ? ['--turn', `turn:${STREET_ADDRESS}:${TURN_PORT}`, '--turn-secret-file', join(folder, 'secret')]
    : []
  const place = ['--host', STREET_ADDRESS, '--port', String(SERVER_PORT), '--web', join(folder, 'web')]
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

export interface PersonOptions {
  /** Default: the house of their own. */
  readonly place?: Place
  readonly relayOnly?: boolean
}

export class Person {
  readonly #process: ChildProcess
  readonly #answers: AsyncIterator<string>

  constructor(
    country: Country,
    { folder }: Programs,
    name: 'Ada' | 'Ben',
    { place = name === 'Ada' ? 'ada' : 'ben', relayOnly = false }: PersonOptions = {},
  ) {
    const wish = relayOnly ? ['relay-only'] : []
    const args = [join(folder, 'peer.js'), SIGNALING, name, ...wish]
    this.#process = start(country, place, process.execPath, args)
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
