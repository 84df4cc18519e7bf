/**
 * Serves one built page, gzipped, from a port of its own on loopback. Isolated from other origins, because
 * only then does Chromium's clock tick finer than a tenth of a millisecond.
 * Not here: signaling; our own server, which serves the real app.
 */
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, normalize } from 'node:path'
import { gzipSync } from 'node:zlib'

export interface PageServer {
  /** `http://localhost:<port>`, without a slash at its end. */
  readonly url: string
  close(): Promise<void>
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.wasm': 'application/wasm',
}

const HEADERS = {
  'content-encoding': 'gzip',
  'cache-control': 'no-store',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
}

export async function servePage(folder: string): Promise<PageServer> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost')
    readFile(join(folder, normalize(pathname))).then(
      (content) => {
        const type = TYPES[extname(pathname)] ?? 'application/octet-stream'
        response.writeHead(200, { ...HEADERS, 'content-type': type }).end(gzipSync(content, { level: 9 }))
      },
      () => response.writeHead(404).end(),
    )
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
