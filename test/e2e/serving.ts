/**
 * A small static server for tests: files from memory or from a folder, on a port of its own.
 * Not here: the product's server, which end-to-end tests start as its own process.
 * Invariant: it listens on loopback only and its address is a secure context (`http://localhost`).
 */
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, normalize } from 'node:path'

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
}

export interface Serving {
  /** `http://localhost:<port>`, without a slash at its end. */
  readonly url: string
  close(): Promise<void>
}

/** Serves files by their path below `/`; `/` itself is `index.html`. */
export async function serveFiles(files: ReadonlyMap<string, string | Uint8Array>): Promise<Serving> {
  return serve(async (path) => files.get(path))
}

/** Serves a folder of the disk. */
export async function serveFolder(folder: string): Promise<Serving> {
  return serve(async (path) => {
    try {
      return await readFile(join(folder, normalize(`/${path}`)))
    } catch (error) {
      if (error instanceof Error && 'code' in error && /ENOENT|EISDIR/.test(String(error.code)))
        return undefined
      throw error
    }
  })
}

async function serve(read: (path: string) => Promise<string | Uint8Array | undefined>): Promise<Serving> {
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost')
    const path = pathname === '/' ? 'index.html' : decodeURIComponent(pathname.slice(1))
    const content = await read(path)
    const type = TYPES[extname(path)] ?? 'application/octet-stream'
    response.writeHead(content === undefined ? 404 : 200, {
      'content-type': type,
      'cache-control': 'no-store',
    })
    response.end(content)
  })
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://localhost:${port}`,
    close: () => {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}
