/**
 * The server as a program: reads the command line, starts, prints one line when ready, ends politely.
 * Exit codes: 0 ended as asked, 1 could not start, 2 the command line made no sense.
 */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { HELP, readArguments, type ServeArguments } from './arguments.ts'
import type { RelayEvent } from './relay-state.ts'
import { createSignalingServer, type RunningServer, type SignalingServerOptions } from './server.ts'

/** Longer than a polite end takes; whatever hangs then is not worth waiting for. */
const LAST_EXIT_MS = 1_900
/** Events an operator should see without asking for all. */
const NOTEWORTHY: readonly RelayEvent['event'][] = ['turned-away', 'expelled', 'stun-unavailable']

async function main(): Promise<void> {
  const command = readArguments(process.argv.slice(2), process.env)
  if (command.kind === 'help') console.log(HELP)
  else if (command.kind === 'version') console.log(ownVersion())
  else if (command.kind === 'mistake') fail(2, command.sentence)
  else await serve(command.serve)
}

async function serve(args: ServeArguments): Promise<void> {
  let running: RunningServer
  try {
    running = await createSignalingServer(optionsOf(args)).listen()
  } catch (error) {
    fail(1, remedy(error, args))
    return
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => end(running))
  }
  console.log(`Coterie is ready: ${running.url}`)
}

function optionsOf(args: ServeArguments): SignalingServerOptions {
  const { host, port, publicUrl, tlsCert, tlsKey, trustProxy, stun, stunHost, logging } = args
  return {
    host,
    port,
    trustProxy,
    stun,
    ...(stunHost === undefined ? {} : { stunHost }),
    ...turnOf(args),
    webFolder: args.web ?? fileURLToPath(new URL('../web', import.meta.url)),
    ...(publicUrl === undefined ? {} : { publicUrl }),
    ...(tlsCert === undefined || tlsKey === undefined
      ? {}
      : { tls: { cert: readFileSync(tlsCert), key: readFileSync(tlsKey) } }),
    log: (event) => {
      if (logging === 'all' || (logging === 'few' && NOTEWORTHY.includes(event.event))) writeLog(event)
    },
  }
}

/** The secret is the file's text without the line break at its end. */
function turnOf({ turn, turnSecretFile }: ServeArguments): Pick<SignalingServerOptions, 'turn'> {
  if (turnSecretFile === undefined) return {}
  const secret = readFileSync(turnSecretFile, 'utf8').trim()
  if (secret === '')
    throw new Error(`${turnSecretFile} is empty, and it should hold the TURN server's secret.`)
  return { turn: { urls: turn, secret } }
}

function writeLog(event: RelayEvent): void {
  process.stderr.write(`${JSON.stringify({ time: new Date().toISOString(), ...event })}\n`)
}

function end(running: RunningServer): void {
  setTimeout(() => process.exit(0), LAST_EXIT_MS).unref()
  running.close().then(
    () => process.exit(0),
    (error: unknown) => fail(1, `Could not end politely: ${messageOf(error)}`),
  )
}

function remedy(error: unknown, { host, port, web, turnSecretFile }: ServeArguments): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'EADDRINUSE') return `Port ${port} is in use. Choose another with --port.`
  if (code === 'EACCES')
    return `Port ${port} may not be opened by this user. Choose one above 1023 with --port.`
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
    return `This computer has no address ${host}. Choose another with --host.`
  }
  if (code === 'ENOENT' && error instanceof Error && 'path' in error && error.path === turnSecretFile) {
    return `There is no file ${turnSecretFile}. --turn-secret-file takes the file with the TURN server's secret.`
  }
  if (code === 'ENOENT' && web === undefined && messageOf(error).includes('scandir')) {
    return 'The web app is not built. `npm start` builds it.'
  }
  return `Could not start: ${messageOf(error)}`
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function ownVersion(): string {
  const file = new URL('../../package.json', import.meta.url)
  const { version } = JSON.parse(readFileSync(file, 'utf8')) as { readonly version: string }
  return version
}

function fail(exitCode: number, sentence: string): void {
  process.stderr.write(`${sentence}\n`)
  process.exitCode = exitCode
}

await main()
