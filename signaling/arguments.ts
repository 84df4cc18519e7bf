/**
 * What the server's command line may say, and the words that explain it. Reads no file and starts
 * nothing (main.ts does). Flags win over the environment.
 */
import { parseArgs } from 'node:util'

export interface ServeArguments {
  readonly host: string
  readonly port: number
  readonly publicUrl: string | undefined
  readonly tlsCert: string | undefined
  readonly tlsKey: string | undefined
  readonly trustProxy: boolean
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
  if (parsed.log === true && parsed.quiet === true) return mistake('--log and --quiet exclude each other.')
  const serve: ServeArguments = {
    host: parsed.host ?? nonEmpty(environment['HOST']) ?? 'localhost',
    port,
    publicUrl,
    tlsCert: parsed['tls-cert'],
    tlsKey: parsed['tls-key'],
    trustProxy: parsed['trust-proxy'] === true,
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

function isWebUrl(text: string): boolean {
  return URL.canParse(text) && ['http:', 'https:'].includes(new URL(text).protocol)
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text
}

function mistake(sentence: string): Command {
  return { kind: 'mistake', sentence: `${sentence} --help lists the flags.` }
}
