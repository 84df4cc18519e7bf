/** Our own server as the program it is, in a process of its own on a free port. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { SIGNAL_PATH } from '../../signaling/index.ts'
import { rootOfRepository } from '../e2e/browsers.ts'
import type { ServerProcess } from './neighbour-server.ts'

/** Milliseconds it may take to say that it runs. */
const START_DEADLINE = 10_000

export async function startOwnServer(): Promise<ServerProcess> {
  const program = join(rootOfRepository(), 'dist/signaling/main.js')
  const child = spawn(process.execPath, [program, '--port', '0', '--host', '127.0.0.1', '--no-stun'], {
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
    const [said] = await once(child.stdout, 'data', { signal: AbortSignal.timeout(START_DEADLINE) })
    const url = /http:\S+/.exec(String(said))?.[0]
    if (url === undefined || child.pid === undefined) throw new Error(`it said: ${String(said)}`)
    const signaling = `${url.replace(/\/$/, '').replace(/^http/, 'ws')}${SIGNAL_PATH}`
    return { signaling, process: child.pid, close }
  } catch (error) {
    await close()
    throw new Error('our signaling server did not start', { cause: error })
  }
}
