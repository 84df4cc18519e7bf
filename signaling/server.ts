/**
 * The signaling server as a process sees it: HTTP for the built web app and its health, WebSockets for
 * the relay, one start and one end. Decides nothing about topics (relay.ts) and knows no flags (main.ts).
 */
import { randomBytes } from 'node:crypto'
import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { Secret } from '../src/base/secret.ts'
import { loadCrypto } from '../src/crypto/sodium.ts'
import type { RelayedIceServer } from '../src/wire/signal.ts'
import { type IceOffer, iceOffers, type OfferIce } from './ice.ts'
import { loadPages, type Page, type Pages } from './pages.ts'
import { securityHeaders } from './policy.ts'
import type { RelayEvent } from './relay-state.ts'
import { Sockets } from './sockets.ts'
import { type StunPlace, type StunResponder, startStun } from './stun.ts'
import type { TurnServer } from './turn.ts'
import type { Reachability } from './visitor.ts'

export const DEFAULT_PORT = 4400
/** Where the WebSocket waits. */
export const SIGNAL_PATH = '/signal'

export interface SignalingServerOptions {
  /** 'localhost' (the default) listens on both loopback addresses, where the machine has both. */
  readonly host?: string
  /** 4400 by default; 0 takes a free one. */
  readonly port?: number
  /** The address people use, where it is not this machine's own (a proxy, a host name). http: or https:. */
  readonly publicUrl?: string
  /** PEM. */
  readonly tls?: { readonly cert: string | Uint8Array; readonly key: string | Uint8Array }
  /** Believe the last hop in X-Forwarded-For. Only behind a proxy that writes it. */
  readonly trustProxy?: boolean
  /** Folder of the built web app; without one only signaling is served. */
  readonly webFolder?: string
  /** Answer STUN on UDP, same port number, so that people behind routers find each other. Default: true. */
  readonly stun?: boolean
  /** Where to answer STUN, if not where HTTP listens: a proxy passes on no UDP. */
  readonly stunHost?: string
  /** A TURN server (coturn with `use-auth-secret`) for people whose networks allow nothing direct. */
  readonly turn?: {
    /** `turn:` or `turns:` addresses, at most 4. */
    readonly urls: readonly string[]
    readonly secret: string | Uint8Array
  }
  /** Further STUN and TURN servers told to clients, at most 2; none by default. */
  readonly iceServers?: readonly RelayedIceServer[]
  /** Hears what happens: no payload, no address, topics as salted hashes. */
  readonly log?: (event: RelayEvent) => void
}

export interface RunningServer {
  /** What to open in a browser. */
  readonly url: string
  readonly port: number
  /** Whether STUN is answered, on UDP with the same port number. */
  readonly stun: boolean
  /** Takes no more connections, tells clients to go, ends within 2 s. Idempotent. */
  close(): Promise<void>
}

export interface SignalingServer {
  /** @throws what the system says when the port is taken or the web folder cannot be read */
  listen(): Promise<RunningServer>
}

/** A request whose headers take longer is closed; so one client cannot hold many half-open ones. */
const HEADERS_MS = 10_000
const REQUEST_MS = 15_000
const KEEP_ALIVE_MS = 5_000
const CHECK_MS = 1_000
const MAX_HEADER_BYTES = 16 * 1024
const NO_OFFER: IceOffer = { iceServers: [], refreshAt: undefined }

export function createSignalingServer(options: SignalingServerOptions = {}): SignalingServer {
  return { listen: () => listen(options) }
}

async function listen(options: SignalingServerOptions): Promise<RunningServer> {
  const reachability: Reachability = {
    trustProxy: options.trustProxy === true,
    encrypted: options.tls !== undefined,
    publicOrigin: options.publicUrl === undefined ? undefined : new URL(options.publicUrl).origin,
  }
  const pages = options.webFolder === undefined ? undefined : await loadPages(options.webFolder)
  const crypto = await loadCrypto()
  const { log = () => {} } = options
  let offerIce: OfferIce | undefined
  const sockets = new Sockets({
    ...{ crypto, reachability, log },
    offerIce: (question) => offerIce?.(question) ?? NO_OFFER,
  })
  const site: Site = { pages, sockets, encrypted: reachability.encrypted, startedAt: Date.now() }
  try {
    const servers = await listenOnHosts(options, site)
    const { port } = servers[0].address() as AddressInfo
    const stun = options.stun === false ? undefined : await startStun(stunPlace(options, servers), log)
    offerIce = iceOffers({
      stunPort: stun?.isReachable === true ? port : undefined,
      turn: turnOf(options),
      others: options.iceServers ?? [],
    })
    return {
      url: urlOf(options, port),
      port,
      stun: stun !== undefined,
      close: once(() => closeAll(servers, sockets, stun)),
    }
  } catch (error) {
    await sockets.close()
    throw error
  }
}

function stunPlace({ stunHost }: SignalingServerOptions, servers: readonly Server[]): StunPlace {
  const listening = servers.map((server) => server.address() as AddressInfo)
  const addresses = listening.map(({ address }) => address)
  return { host: stunHost, addresses, port: (listening[0] as AddressInfo).port }
}

function turnOf({ turn }: SignalingServerOptions): TurnServer | undefined {
  return turn && { urls: turn.urls, secret: new Secret(Buffer.from(turn.secret)) }
}

interface Site {
  readonly pages: Pages | undefined
  readonly sockets: Sockets
  readonly encrypted: boolean
  readonly startedAt: number
}

async function listenOnHosts(options: SignalingServerOptions, site: Site): Promise<[Server, ...Server[]]> {
  const { host = 'localhost', port = DEFAULT_PORT } = options
  if (host !== 'localhost') return [await listenOn(httpServer(options, site), host, port)]
  const first = await listenOn(httpServer(options, site), '127.0.0.1', port)
  const second = httpServer(options, site)
  try {
    return [first, await listenOn(second, '::1', (first.address() as AddressInfo).port)]
  } catch (error) {
    if (codeOf(error) === 'EADDRNOTAVAIL' || codeOf(error) === 'EAFNOSUPPORT') return [first] // no IPv6 here
    await closeServer(first)
    throw error
  }
}

function httpServer(options: SignalingServerOptions, site: Site): Server {
  const timing: ServerOptions = {
    headersTimeout: HEADERS_MS,
    requestTimeout: REQUEST_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    connectionsCheckingInterval: CHECK_MS,
    maxHeaderSize: MAX_HEADER_BYTES,
  }
  const respond = (request: IncomingMessage, response: ServerResponse): void => {
    answer(site, request, response).catch((error: unknown) => {
      response.destroy(error instanceof Error ? error : undefined)
    })
  }
  const { tls } = options
  const server =
    tls === undefined
      ? createServer(timing, respond)
      : createSecureServer({ ...timing, cert: Buffer.from(tls.cert), key: Buffer.from(tls.key) }, respond)
  return server.on('upgrade', (request, socket, head) => upgrade(site, request, socket, head))
}

function upgrade(site: Site, request: IncomingMessage, socket: Duplex, head: Buffer): void {
  socket.on('error', () => socket.destroy())
  if (pathOf(request) === SIGNAL_PATH) site.sockets.accept(request, socket, head)
  else socket.end('HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-length: 0\r\n\r\n')
}

async function answer(site: Site, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const nonce = randomBytes(16).toString('base64')
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    send(site, request, response, plain(405, 'Only GET and HEAD are answered here.', { allow: 'GET, HEAD' }))
    return
  }
  const path = pathOf(request)
  if (path === undefined) send(site, request, response, plain(400, 'This is no path.'))
  else if (path === '/health') send(site, request, response, health(site))
  else if (path === SIGNAL_PATH) {
    send(site, request, response, plain(426, 'This address speaks WebSocket.', { upgrade: 'websocket' }))
  } else {
    const page = await site.pages?.find(path, String(request.headers['accept-encoding'] ?? ''), nonce)
    const found = page === undefined ? plain(404, 'There is nothing here.') : { status: 200, ...page }
    send(site, request, response, found, nonce)
  }
}

interface Answer extends Page {
  readonly status: number
}

function plain(status: number, sentence: string, headers: Readonly<Record<string, string>> = {}): Answer {
  const type = { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' }
  return { status, body: Buffer.from(`${sentence}\n`), headers: { ...type, ...headers } }
}

function health({ sockets, startedAt }: Site): Answer {
  const uptime = Math.floor((Date.now() - startedAt) / 1_000)
  const report = { ok: true, uptime, sockets: sockets.sockets, topics: sockets.topics }
  const headers = { 'content-type': 'application/json', 'cache-control': 'no-store' }
  return { status: 200, body: Buffer.from(JSON.stringify(report)), headers }
}

function send(
  site: Site,
  request: IncomingMessage,
  response: ServerResponse,
  found: Answer,
  nonce?: string,
): void {
  const isPage = found.headers['content-type']?.startsWith('text/html') === true && nonce !== undefined
  const guards = securityHeaders({ encrypted: site.encrypted, ...(isPage ? { nonce } : {}) })
  const tag = found.etag === undefined ? {} : { etag: found.etag }
  const headers = { ...guards, ...found.headers, ...tag }
  if (found.etag !== undefined && request.headers['if-none-match'] === found.etag) {
    response.writeHead(304, headers).end()
    return
  }
  response.writeHead(found.status, { ...headers, 'content-length': found.body.length })
  response.end(request.method === 'HEAD' ? undefined : found.body)
}

/** Decoded once; the pages are a map of exact names, so dots and slashes in it lead nowhere. */
function pathOf(request: IncomingMessage): string | undefined {
  const [path = '/'] = (request.url ?? '/').split(/[?#]/)
  try {
    return decodeURIComponent(path)
  } catch (error) {
    if (error instanceof URIError) return undefined
    throw error
  }
}

function listenOn(server: Server, host: string, port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve(server)
    })
  })
}

async function closeAll(
  servers: readonly Server[],
  sockets: Sockets,
  stun: StunResponder | undefined,
): Promise<void> {
  stun?.close()
  const closing = servers.map(closeServer)
  await sockets.close()
  for (const server of servers) server.closeAllConnections()
  await Promise.all(closing)
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
  })
}

function urlOf({ host = 'localhost', publicUrl, tls }: SignalingServerOptions, port: number): string {
  if (publicUrl !== undefined) return publicUrl
  const everywhere = host === '0.0.0.0' || host === '::'
  const name = everywhere ? 'localhost' : host.includes(':') ? `[${host}]` : host
  return `${tls === undefined ? 'http' : 'https'}://${name}:${port}`
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}

function once(run: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined
  return () => {
    running ??= run()
    return running
  }
}
