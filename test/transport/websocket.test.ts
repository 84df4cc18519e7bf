/** A server that is no signaling server: nothing it sends gets past the socket. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type WebSocket, WebSocketServer } from 'ws'
import { nodeSignaling } from '../../src/transport/node-websocket.ts'
import { MAX_SIGNAL_MESSAGE_BYTES } from '../../src/wire/limits.ts'

let server: WebSocketServer
let url: string

beforeEach(async () => {
  server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  await new Promise((resolve) => server.once('listening', resolve))
  url = `ws://127.0.0.1:${(server.address() as { port: number }).port}`
})

afterEach(() => {
  for (const client of server.clients) client.terminate()
  server.close()
})

/** Connects, lets the server do as it likes, and resolves with what was heard when the socket is closed. */
function hear(serve: (socket: WebSocket) => void): Promise<readonly string[]> {
  server.on('connection', serve)
  return new Promise((resolve) => {
    const heard: string[] = []
    nodeSignaling().connect(url, {
      open: () => heard.push('open'),
      message: (bytes) => heard.push(`message of ${bytes.length}`),
      closed: () => {
        heard.push('closed')
        resolve(heard)
      },
    })
  })
}

test('text ends the socket', async () => {
  expect(await hear((socket) => socket.send('{}'))).toEqual(['open', 'closed'])
})

test('a message longer than any signal ends the socket', async () => {
  const heard = await hear((socket) => {
    socket.send(new Uint8Array(MAX_SIGNAL_MESSAGE_BYTES))
    socket.send(new Uint8Array(MAX_SIGNAL_MESSAGE_BYTES + 1))
  })
  expect(heard).toEqual(['open', `message of ${MAX_SIGNAL_MESSAGE_BYTES}`, 'closed'])
})

test('a server that hangs up is heard once', async () => {
  expect(await hear((socket) => socket.terminate())).toEqual(['open', 'closed'])
})
