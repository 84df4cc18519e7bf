/** y-webrtc's own signaling server, as its package ships it, in a process of its own on a free port. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { rootOfRepository } from '../e2e/browsers.ts'

export interface ServerProcess {
  readonly signaling: string
  /** Its id, to look at what it uses. */
  readonly process: number
  close(): Promise<void>
}

/** Milliseconds it may take to say that it runs. */
const START_DEADLINE = 10_000

export async function startNeighbourServer(): Promise<ServerProcess> {
  const port = await freePort()
  const program = join(rootOfRepository(), 'node_modules/y-webrtc/bin/server.js')
  const child = spawn(process.execPath, [program], {
    env: { ...process.env, PORT: String(port) },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const kill = () => child.kill()
  process.once('exit', kill)
  const exited = once(child, 'exit')
  const close = async () => {
    process.off('exit', kill)
    kill()
    await exited
  }
  try {
    await once(child.stdout, 'data', { signal: AbortSignal.timeout(START_DEADLINE) })
    if (child.pid === undefined) throw new Error('it has no process')
    return { signaling: `ws://localhost:${port}`, process: child.pid, close }
  } catch (error) {
    await close()
    throw new Error("y-webrtc's signaling server did not start", { cause: error })
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
