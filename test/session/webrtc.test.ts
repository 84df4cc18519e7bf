/** The whole path over real WebRTC and the real signaling server, without a browser. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createSignalingServer } from '../../signaling/index.ts'
import { createNode } from '../../src/node.ts'
import { textOf, until } from './town.ts'

let server: Awaited<ReturnType<ReturnType<typeof createSignalingServer>['listen']>>

beforeAll(async () => {
  server = await createSignalingServer({ port: 0 }).listen()
})

afterAll(() => server.close())

test('two in Node pair over real data channels, and go on without the server', async () => {
  const signaling = `ws://localhost:${server.port}/signal`
  const ada = await createNode({ signaling }).createSession({ name: 'Ada' })
  ada.doc.getText('main').insert(0, 'over the wire')
  const invite = await ada.invite({ role: 'editor' })
  const ben = await createNode({ signaling }).joinSession(invite.url, { name: 'Ben' })
  expect(textOf(ben)).toBe('over the wire')
  ben.doc.getText('main').insert(0, 'typed ')
  await until('Ada sees it', () => textOf(ada) === 'typed over the wire')
  await Promise.all([ada.leave(), ben.leave()])
})

test('ten megabytes typed before the join arrive whole', async () => {
  const signaling = `ws://localhost:${server.port}/signal`
  const ada = await createNode({ signaling }).createSession({ name: 'Ada' })
  ada.doc.getText('main').insert(0, 'ten bytes\n'.repeat(1_000_000))
  const invite = await ada.invite({ role: 'editor' })
  const ben = await createNode({ signaling }).joinSession(invite.url, { name: 'Ben' })
  expect(ben.doc.getText('main').length).toBe(10_000_000)
  await Promise.all([ada.leave(), ben.leave()])
})
