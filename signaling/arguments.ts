/**
 * What the server's command line may say, and the words that explain it. Reads no file and starts
 * nothing (main.ts does). Flags win over the environment.
 */
import { parseArgs } from 'node:util'
import { isTurnUrl } from './turn.ts'

export interface ServeArguments {
  readonly host: string
  readonly port: number
  readonly publicUrl: string | undefined
  readonly tlsCert: string | undefined
  readonly tlsKey: string | undefined
  readonly trustProxy: boolean
  readonly stun: boolean
  readonly stunHost: string | undefined
  /** `turn:` or `turns:` addresses; with them always the file of their secret. */
  readonly turn: readonly string[]
  readonly turnSecretFile: string | undefined
  readonly web: string | undefined
  /** 'few': only what an operator should see; 'all': every event; 'none'. */
  readonly logging: 'none' | 'few' | 'all'
}

export type Command =
  | { readonly kind: 'serve'; readonly serve: ServeArguments }
  | { readonly kind: 'help' }
  | { readonly kind: 'version' }
  /** `sentence` says what is wrong and what would be right. */
  | { readonly kind: 'mistake'; readonly sentence: string }

export const HELP = `Coterie: private pair-editing. This is its server: it shows the editor's page and introduces
people to each other. It never sees what they write, who they are or how their documents are called.

Usage: npm start -- [flags]

Where it listens
  --host NAME         address to listen on (default: this computer only, 127.0.0.1 and ::1; env HOST)
                      0.0.0.0 makes it reachable from other computers; browsers there need https
  --port NUMBER       port to listen on (default: 4400; env PORT)

Reaching it from elsewhere
  --public-url URL    the address people type, for example https://pair.example.org; needed behind a proxy
                      and whenever the server has a name of its own
  --tls-cert FILE     certificate chain in PEM, to speak https without a proxy
  --tls-key FILE      its private key in PEM
  --trust-proxy       take the client's address from the last entry of X-Forwarded-For; only behind a
                      proxy of yours that writes it, or anybody can pretend to be anybody

People behind routers and firewalls
  --no-stun           do not answer STUN on UDP (same port number), by which two people behind routers
                      find a direct way to each other
  --stun-host NAME    address to answer STUN on (default: as --host); 0.0.0.0 behind a proxy on this
                      computer, because a proxy passes on no UDP
  --turn URL          a TURN server for networks that allow nothing direct, for example
                      turn:turn.example.org:3478 or turns:turn.example.org?transport=tcp; up to four times
  --turn-secret-file FILE  holds coturn's static-auth-secret; people get passes that end after an hour

What it says
  --log               one line of JSON on stderr for every event (no content, no addresses)
  --quiet             not even warnings; the ready line still appears
  --help              this text
  --version           the version

  --web FOLDER        the built web app (default: the one that came with it)

It runs in the foreground and keeps everything in memory. Ctrl+C ends it; people already connected
to each other stay connected. GET /health answers with JSON.`

const FLAGS = {
  host: { type: 'string' },
  port: { type: 'string' },
  'public-url': { type: 'string' },
  'tls-cert': { type: 'string' },
  'tls-key': { type: 'string' },
  'trust-proxy': { type: 'boolean' },
  'no-stun': { type: 'boolean' },
  'stun-host': { type: 'string' },
  turn: { type: 'string', multiple: true },
  'turn-secret-file': { type: 'string' },
  web: { type: 'string' },
  log: { type: 'boolean' },
  quiet: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'v' },
} as const

export function readArguments(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Command {
  const parsed = parse(args)
  if (typeof parsed === 'string') return mistake(parsed)
  if (parsed.help === true) return { kind: 'help' }
  if (parsed.version === true) return { kind: 'version' }
  const port = Number(parsed.port ?? environment['PORT'] ?? 4400)
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    return mistake('--port takes a number from 0 to 65535.')
  const publicUrl = parsed['public-url']
  if (publicUrl !== undefined && !isWebUrl(publicUrl)) {
    return mistake('--public-url takes an address such as https://pair.example.org.')
  }
  if ((parsed['tls-cert'] === undefined) !== (parsed['tls-key'] === undefined)) {
    return mistake('--tls-cert and --tls-key go together.')
  }
  const turn = parsed.turn ?? []
  const turnMistake = mistakeInTurn(turn, parsed['turn-secret-file'])
  if (turnMistake !== undefined) return mistake(turnMistake)
  if (parsed['no-stun'] === true && parsed['stun-host'] !== undefined) {
    return mistake('--no-stun and --stun-host exclude each other.')
  }
  if (parsed.log === true && parsed.quiet === true) return mistake('--log and --quiet exclude each other.')
  const serve: ServeArguments = {
    host: parsed.host ?? nonEmpty(environment['HOST']) ?? 'localhost',
    port,
    publicUrl,
    tlsCert: parsed['tls-cert'],
    tlsKey: parsed['tls-key'],
    trustProxy: parsed['trust-proxy'] === true,
    stun: parsed['no-stun'] !== true,
    stunHost: parsed['stun-host'],
    turn,
    turnSecretFile: parsed['turn-secret-file'],
    web: parsed.web,
    logging: parsed.log === true ? 'all' : parsed.quiet === true ? 'none' : 'few',
  }
  return { kind: 'serve', serve }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: FLAGS, allowPositionals: false }).values
  } catch (error) {
    if (error instanceof TypeError) return firstSentence(error.message)
    throw error
  }
}

/** Node's message goes on with advice that does not fit here. */
function firstSentence(message: string): string {
  return `${message.split(/\. |\n/)[0]?.replace(/\.$/, '')}.`
}

/** As many addresses as one server may have in the settings (wire/signal.ts). */
const MAX_TURN_URLS = 4

function mistakeInTurn(urls: readonly string[], secretFile: string | undefined): string | undefined {
  if (urls.length > MAX_TURN_URLS) return `--turn may be given at most ${MAX_TURN_URLS} times.`
  if (!urls.every(isTurnUrl)) return '--turn takes an address such as turn:turn.example.org:3478.'
  const isPaired = urls.length > 0 === (secretFile !== undefined)
  return isPaired ? undefined : '--turn and --turn-secret-file go together.'
}

function isWebUrl(text: string): boolean {
  return URL.canParse(text) && ['http:', 'https:'].includes(new URL(text).protocol)
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text
}

function mistake(sentence: string): Command {
  return { kind: 'mistake', sentence: `${sentence} --help lists the flags.` }
}
