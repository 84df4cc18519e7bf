/** The web app as it is served: its headers, its nonce, its encodings, and nothing beside it. */
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createSignalingServer, type RunningServer } from '../../signaling/server.ts'

const SCRIPT = `console.log(${JSON.stringify('coterie '.repeat(400))})`
const PAGE = '<!doctype html><meta property="csp-nonce" nonce="__CSP_NONCE__"><title>Coterie</title>'
let folder: string
let server: RunningServer

interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: Buffer
}

/** Unlike fetch it sends the path as it is, and decodes nothing. */
function get(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asking = request({ port: server.port, host: '127.0.0.1', path, headers, method }, (response) => {
      const parts: Buffer[] = []
      response.on('data', (part: Buffer) => parts.push(part))
      response.on('end', () => {
        const head = response.headers as Record<string, string | undefined>
        resolve({ status: response.statusCode ?? 0, headers: head, body: Buffer.concat(parts) })
      })
    })
    asking.on('error', reject).end()
  })
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'coterie-pages-'))
  const web = join(folder, 'web')
  await mkdir(join(web, 'assets'), { recursive: true })
  await writeFile(join(folder, 'secret.txt'), 'not for you')
  await writeFile(join(web, 'index.html'), PAGE)
  await writeFile(join(web, 'sw.js'), SCRIPT)
  await writeFile(join(web, 'manifest.webmanifest'), '{}')
  await writeFile(join(web, 'assets', 'index-BX1a2b3c.js'), SCRIPT)
  await writeFile(join(web, 'assets', 'built-BX1a2b3c.js'), SCRIPT)
  await writeFile(join(web, 'assets', 'built-BX1a2b3c.js.br'), 'made by the build')
  await symlink(join(folder, 'secret.txt'), join(web, 'leak.txt'))
  server = await createSignalingServer({ port: 0, webFolder: web }).listen()
})

afterAll(async () => {
  await server.close()
  await rm(folder, { recursive: true })
})

describe('the page', () => {
  test('carries the policy, with a nonce that is fresh in every answer and the same in header and page', async () => {
    const [one, other] = [await get('/'), await get('/')]
    const nonces = [one, other].map(({ headers, body }) => {
      const nonce = /'nonce-([^']+)'/.exec(headers['content-security-policy'] ?? '')?.[1] ?? 'none'
      expect(body.toString()).toBe(PAGE.replace('__CSP_NONCE__', nonce))
      return nonce
    })
    expect(nonces[0]).not.toBe(nonces[1])
    expect(one.headers['content-security-policy']).toBe(
      `default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'nonce-${nonces[0]}'; connect-src 'self'; img-src 'self' data:; font-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    )
  })

  test('is one for all addresses of the app, is asked for again every time, and has no tag', async () => {
    for (const path of ['/', '/check', '/check?x=1', '/index.html']) {
      const { status, headers } = await get(path)
      expect([status, headers['content-type'], headers['cache-control'], headers['etag']]).toEqual([
        200,
        'text/html; charset=utf-8',
        'no-cache',
        undefined,
      ])
    }
  })
})

describe('every answer', () => {
  test.each(['/', '/sw.js', '/assets/index-BX1a2b3c.js', '/health', '/nowhere', '/signal', '/%'])(
    '%s tells the browser what it may do',
    async (path) => {
      const { headers } = await get(path)
      expect(headers).toMatchObject({
        'referrer-policy': 'no-referrer',
        'x-content-type-options': 'nosniff',
        'cross-origin-opener-policy': 'same-origin',
        'content-security-policy': expect.stringContaining("default-src 'none'"),
        'permissions-policy': expect.stringMatching(
          /camera=\(self\), clipboard-write=\(self\).*geolocation=\(\)/,
        ),
      })
      expect(headers['strict-transport-security']).toBeUndefined()
    },
  )
})

describe('files', () => {
  test('with a hash in the name stay for ever, others are asked for again', async () => {
    const [hashed, worker] = [await get('/assets/index-BX1a2b3c.js'), await get('/sw.js')]
    expect(hashed.headers['cache-control']).toBe('public, max-age=31536000, immutable')
    expect(worker.headers['cache-control']).toBe('no-cache')
    expect((await get('/manifest.webmanifest')).headers['content-type']).toBe('application/manifest+json')
  })

  test('travel in the best encoding the client takes', async () => {
    const of = (encodings: string) => get('/sw.js', { 'accept-encoding': encodings })
    const [plain, gzip, brotli, refused] = [
      await of(''),
      await of('gzip'),
      await of('gzip, deflate, br'),
      await of('br;q=0'),
    ]
    expect(plain.body.toString()).toBe(SCRIPT)
    expect([gzip.headers['content-encoding'], gunzipSync(gzip.body).toString()]).toEqual(['gzip', SCRIPT])
    expect([brotli.headers['content-encoding'], brotliDecompressSync(brotli.body).toString()]).toEqual([
      'br',
      SCRIPT,
    ])
    expect(refused.headers['content-encoding']).toBeUndefined()
    expect([plain, gzip, brotli].every(({ headers }) => headers['vary'] === 'accept-encoding')).toBe(true)
    expect(gzip.body.length).toBeLessThan(plain.body.length / 4)
  })

  test('that the build compressed are sent as it did, and are no addresses of their own', async () => {
    const { headers, body } = await get('/assets/built-BX1a2b3c.js', { 'accept-encoding': 'br' })
    expect([headers['content-encoding'], body.toString()]).toEqual(['br', 'made by the build'])
    expect((await get('/assets/built-BX1a2b3c.js.br')).status).toBe(404)
  })

  test('that the client has already are not sent again', async () => {
    const first = await get('/sw.js', { 'accept-encoding': 'gzip' })
    const tag = first.headers['etag'] ?? ''
    const again = await get('/sw.js', { 'accept-encoding': 'gzip', 'if-none-match': tag })
    expect([again.status, again.body.length]).toEqual([304, 0])
    const other = await get('/sw.js', { 'accept-encoding': 'br', 'if-none-match': tag })
    expect(other.status).toBe(200)
  })

  test('a HEAD answer is that of GET without its body', async () => {
    const [got, head] = [await get('/sw.js'), await get('/sw.js', {}, 'HEAD')]
    expect([head.status, head.body.length, head.headers['content-length']]).toEqual([
      200,
      0,
      String(got.body.length),
    ])
    const post = await get('/', {}, 'POST')
    expect([post.status, post.headers['allow']]).toEqual([405, 'GET, HEAD'])
  })

  test('outside of the folder do not exist, however they are spelled', async () => {
    const paths = [
      '/../secret.txt',
      '/assets/../../secret.txt',
      '/%2e%2e/secret.txt',
      '/..%2fsecret.txt',
      '/..%5csecret.txt',
      '/assets/%2e%2e/%2e%2e/secret.txt',
      '//secret.txt',
      '/leak.txt',
      '/assets',
      '/assets/',
      '/sw.js/',
      '/sw.js%00.txt',
      '/__proto__',
      'http://x/../secret.txt',
    ]
    for (const path of paths) {
      const { status, body } = await get(path)
      expect([path, status, body.includes('not for you')]).toEqual([path, 404, false])
    }
    expect((await get('/%')).status).toBe(400)
  })
})
