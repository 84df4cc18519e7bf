/**
 * The built web app, held in memory: read once from its folder, then answered by exact path. A path that
 * is not in the map does not exist, so no request can reach another file. Not here: HTTP itself
 * (server.ts) and the headers every answer has (policy.ts).
 */
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { extname, join, relative, sep } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, gzip, constants as zlib } from 'node:zlib'
import { NONCE_PLACEHOLDER } from './policy.ts'

/** What may be sent; `etag` is missing where two answers never have the same bytes. */
export interface Page {
  readonly body: Uint8Array
  readonly headers: Readonly<Record<string, string>>
  readonly etag?: string
}

export interface Pages {
  /** @param path decoded, with its slash; `accepts` the request's Accept-Encoding; `nonce` for a page of HTML */
  find(path: string, accepts: string, nonce: string): Promise<Page | undefined>
}

type Encoding = 'br' | 'gzip'

interface StoredFile {
  readonly content: Buffer
  readonly type: string
  readonly cache: string
  readonly etag: string
  /** By encoding, made at the first request that accepts it. */
  readonly encoded: Map<Encoding, Promise<Buffer>>
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.webmanifest': 'application/manifest+json',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
}
const INCOMPRESSIBLE = new Set(['.png', '.ico', '.woff2'])
/** Below this a compressed answer is hardly shorter. */
const FEWEST_BYTES_TO_COMPRESS = 512
const SUFFIXES: readonly (readonly [Encoding, string])[] = [
  ['br', '.br'],
  ['gzip', '.gz'],
]
/** The app's own addresses: one page of HTML answers them all. */
const APP_PATHS: readonly string[] = ['/', '/check']
/** Vite writes a hash of the content into these names. */
const HASHED_NAME = /^\/assets\/.+-[\w-]{8,}\.\w+$/
const IMMUTABLE = 'public, max-age=31536000, immutable'
const REVALIDATED = 'no-cache'

const compressBrotli = promisify(brotliCompress)
const compressGzip = promisify(gzip)

/** @throws what the file system says when the folder cannot be read */
export async function loadPages(folder: string): Promise<Pages> {
  const files = await readFiles(folder)
  return {
    find: async (path, accepts, nonce) => {
      const file = files.get(APP_PATHS.includes(path) ? '/index.html' : path)
      if (file === undefined) return undefined
      return file.type.startsWith('text/html') ? pageWithNonce(file, accepts, nonce) : asset(file, accepts)
    },
  }
}

async function readFiles(folder: string): Promise<ReadonlyMap<string, StoredFile>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const contents = new Map<string, Buffer>()
  for (const entry of entries) {
    if (!entry.isFile()) continue // a symbolic link could lead out of the folder
    const file = join(entry.parentPath, entry.name)
    contents.set(`/${relative(folder, file).split(sep).join('/')}`, await readFile(file))
  }
  const files = new Map<string, StoredFile>()
  for (const [path, content] of contents) {
    if (!isCompressedTwin(path, contents)) files.set(path, storedFile(path, content, contents))
  }
  return files
}

function isCompressedTwin(path: string, contents: ReadonlyMap<string, Buffer>): boolean {
  return SUFFIXES.some(([, suffix]) => path.endsWith(suffix) && contents.has(path.slice(0, -suffix.length)))
}

function storedFile(path: string, content: Buffer, contents: ReadonlyMap<string, Buffer>): StoredFile {
  const encoded = new Map<Encoding, Promise<Buffer>>()
  for (const [encoding, suffix] of SUFFIXES) {
    const twin = contents.get(path + suffix)
    if (twin !== undefined) encoded.set(encoding, Promise.resolve(twin))
  }
  return {
    content,
    type: TYPES[extname(path)] ?? 'application/octet-stream',
    cache: HASHED_NAME.test(path) ? IMMUTABLE : REVALIDATED,
    etag: createHash('sha256').update(content).digest('base64url').slice(0, 22),
    encoded,
  }
}

/** Without an ETag: "not modified" would put this answer's nonce in front of an older answer's page. */
async function pageWithNonce(file: StoredFile, accepts: string, nonce: string): Promise<Page> {
  const content = Buffer.from(file.content.toString('utf8').replaceAll(NONCE_PLACEHOLDER, nonce))
  const headers = { 'content-type': file.type, 'cache-control': file.cache, vary: 'accept-encoding' }
  const encoding = accepted(accepts)
  if (encoding === undefined) return { body: content, headers }
  return { body: await compress(encoding, content), headers: { ...headers, 'content-encoding': encoding } }
}

async function asset(file: StoredFile, accepts: string): Promise<Page> {
  const headers = { 'content-type': file.type, 'cache-control': file.cache, vary: 'accept-encoding' }
  const encoding = isCompressible(file) ? accepted(accepts) : undefined
  if (encoding === undefined) return { body: file.content, headers, etag: `"${file.etag}"` }
  const body = file.encoded.get(encoding) ?? compress(encoding, file.content)
  file.encoded.set(encoding, body)
  return {
    body: await body,
    headers: { ...headers, 'content-encoding': encoding },
    etag: `"${file.etag}-${encoding}"`,
  }
}

function isCompressible(file: StoredFile): boolean {
  const binary = [...INCOMPRESSIBLE].some((ending) => TYPES[ending] === file.type)
  return !binary && file.content.length >= FEWEST_BYTES_TO_COMPRESS
}

function accepted(accepts: string): Encoding | undefined {
  const named = accepts
    .toLowerCase()
    .split(',')
    .map((each) => each.trim())
    .filter((each) => !/;\s*q=0(\.0*)?$/.test(each))
    .map((each) => each.split(';')[0]?.trim())
  return SUFFIXES.map(([encoding]) => encoding).find((encoding) => named.includes(encoding))
}

function compress(encoding: Encoding, content: Uint8Array): Promise<Buffer> {
  if (encoding === 'gzip') return compressGzip(content, { level: 9 })
  // The two highest qualities take seconds for a megabyte; a build may leave such files beside the originals.
  return compressBrotli(content, { params: { [zlib.BROTLI_PARAM_QUALITY]: 9 } })
}
