/**
 * A wiretap: a TCP proxy in front of the server that keeps every byte both ways, and a search for secrets in what
 * it heard and in what a browser has on its disk.
 * Browsers mask what they send over WebSocket; the tap takes the masks off, so that the search sees what the
 * server sees. The server compresses nothing a client sends, which `heard` relies on.
 * Not here: which secrets there are (canaries.test.ts).
 */
import { connect, createServer, type Socket } from 'node:net'
import type { Page } from 'puppeteer-core'

export interface Wiretap {
  readonly url: string
  /** Everything clients sent so far: as it travelled, then the WebSocket messages in the clear. */
  heard(): Buffer
  close(): Promise<void>
}

/** Listens on a port of its own and passes all on to `port` of this machine. */
export async function tap(port: number): Promise<Wiretap> {
  const conversations: Buffer[][] = []
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const said: Buffer[] = []
    conversations.push(said)
    const upstream = connect(port, '127.0.0.1')
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('close', () => sockets.delete(socket))
      socket.on('error', () => socket.destroy())
    }
    client.on('data', (bytes) => said.push(bytes))
    client.pipe(upstream)
    upstream.pipe(client)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the system gave no port')
  return {
    url: `http://localhost:${address.port}`,
    heard: () => {
      const raw = conversations.map((said) => Buffer.concat(said))
      return Buffer.concat([...raw, ...raw.flatMap(unmasked)])
    },
    close: () => {
      for (const socket of sockets) socket.destroy()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

/** The payloads of the WebSocket frames a client sent after its upgrade request (RFC 6455, section 5.2). */
function unmasked(conversation: Buffer): Buffer[] {
  const headers = conversation.indexOf('\r\n\r\n')
  if (!/upgrade: websocket/i.test(conversation.subarray(0, headers).toString('latin1'))) return []
  const payloads: Buffer[] = []
  let at = headers + 4
  while (at + 6 <= conversation.length) {
    const short = conversation.readUInt8(at + 1) & 0x7f
    const extended = short === 126 ? 2 : short === 127 ? 8 : 0
    const length =
      extended === 0
        ? short
        : Number(conversation.readUIntBE(at + 2 + Math.max(0, extended - 6), Math.min(extended, 6)))
    const mask = conversation.subarray(at + 2 + extended, at + 6 + extended)
    const from = at + 6 + extended
    const payload = Buffer.from(conversation.subarray(from, from + length))
    for (let i = 0; i < payload.length; i++) payload[i] = payload.readUInt8(i) ^ mask.readUInt8(i % 4)
    payloads.push(payload)
    at = from + length
  }
  return payloads
}

/** Every key and value of every database of the page's origin: strings as they are, bytes as bytes. */
export async function diskOf(page: Page): Promise<Buffer> {
  const pieces = await page.evaluate(readDatabases)
  return Buffer.concat(
    pieces.map((piece) => ('text' in piece ? Buffer.from(piece.text) : Buffer.from(piece.bytes, 'base64'))),
  )
}

type Piece = { readonly text: string } | { readonly bytes: string }

async function readDatabases(): Promise<Piece[]> {
  const pieces: Piece[] = []
  const take = (value: unknown): void => {
    const bytes =
      value instanceof ArrayBuffer
        ? new Uint8Array(value)
        : ArrayBuffer.isView(value)
          ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
          : undefined
    if (bytes) pieces.push({ bytes: btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')) })
    else if (value instanceof CryptoKey)
      pieces.push({ text: `[key ${value.algorithm.name} extractable ${value.extractable}]` })
    else if (typeof value === 'object' && value !== null)
      for (const [key, inner] of Object.entries(value)) {
        take(key)
        take(inner)
      }
    else pieces.push({ text: `${String(value)}\n` })
  }
  const settled = <T>(request: IDBRequest<T>) =>
    new Promise<T>((resolve, reject) => {
      request.onsuccess = () => resolve(request.result)
      request.onerror = () => reject(request.error)
    })
  for (const { name } of await indexedDB.databases()) {
    const database = await settled(indexedDB.open(name ?? ''))
    take(name)
    for (const store of database.objectStoreNames) {
      const rows = database.transaction(store).objectStore(store)
      for (const row of [await settled(rows.getAllKeys()), await settled(rows.getAll())]) take(row)
    }
    database.close()
  }
  return pieces
}

/** The spellings in which text might lie somewhere, each by its name. */
export function spellingsOf(text: string): ReadonlyMap<string, Buffer> {
  const utf8 = Buffer.from(text)
  const utf16 = Buffer.from(text, 'utf16le')
  const base64 = [0, 1, 2].map((shift) => {
    const shifted = Buffer.concat([Buffer.alloc(shift), utf8]).toString('base64')
    return shifted.slice(shift === 0 ? 0 : 4, Math.floor(((shift + utf8.length) * 8) / 24) * 4)
  })
  return new Map([
    ['utf-8', utf8],
    ['utf-16 little endian', utf16],
    ['utf-16 big endian', Buffer.from(utf16).swap16()],
    ['hex', Buffer.from(utf8.toString('hex'))],
    ['HEX', Buffer.from(utf8.toString('hex').toUpperCase())],
    ...base64.map((inner, shift) => [`base64, ${shift} bytes in`, Buffer.from(inner)] as const),
  ])
}

/** @returns which of the secrets occur in `bytes`, each with its spelling; base64url counts as base64 */
export function leaksIn(bytes: Buffer, secrets: readonly string[]): string[] {
  const plain = Buffer.from(bytes.toString('latin1').replaceAll('-', '+').replaceAll('_', '/'), 'latin1')
  return secrets.flatMap((secret) =>
    [...spellingsOf(secret)]
      .filter(([, spelling]) => bytes.includes(spelling) || plain.includes(spelling))
      .map(([spelling]) => `${secret} as ${spelling}`),
  )
}
