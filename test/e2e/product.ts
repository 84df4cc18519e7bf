/**
 * The product as people run it: the built server in a process of its own, which serves the built page and does
 * the signaling. It can be killed and started again on the same port.
 * Not here: building (`npm test` builds first), servers inside the test's own process (serving.ts).
 * Invariant: no process outlives `stopProducts`.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { rootOfRepository } from './browsers.ts'

export interface Product {
  /** `http://localhost:<port>`, without a slash at its end. */
  readonly url: string
  readonly port: number
  /** Ends the process at once, as a crash would; idempotent. */
  kill(): Promise<void>
  /** A new process on the same port. */
  restart(): Promise<void>
}

export interface ProductOptions {
  /** More of the command line. */
  readonly flags?: readonly string[]
  readonly port?: number
}

/** Milliseconds until the ready line; two browsers may be starting beside it. */
const READY_WITHIN = 30_000

const running = new Set<ChildProcess>()

export async function startProduct(options: ProductOptions = {}): Promise<Product> {
  const port = options.port ?? (await freePort())
  const flags = ['--port', String(port), ...(options.flags ?? [])]
  let child = await launch(flags)
  return {
    url: `http://localhost:${port}`,
    port,
    kill: () => end(child),
    restart: async () => {
      await end(child)
      child = await launch(flags)
    },
  }
}

/** For `afterAll`. */
export async function stopProducts(): Promise<void> {
  await Promise.all([...running].map(end))
}

async function launch(flags: readonly string[]): Promise<ChildProcess> {
  const main = join(rootOfRepository(), 'dist/signaling/main.js')
  const child = spawn(process.execPath, [main, ...flags], { stdio: ['ignore', 'pipe', 'pipe'] })
  running.add(child)
  let said = ''
  const listening = new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no ready line from the server: ${said}`)), READY_WITHIN)
    const hear = (bytes: Buffer) => {
      said += String(bytes)
      if (!said.includes('Coterie is ready')) return
      clearTimeout(timer)
      resolve()
    }
    child.stdout?.on('data', hear)
    child.stderr?.on('data', hear)
    child.once('exit', () => {
      clearTimeout(timer)
      reject(new Error(`the server ended: ${said}`))
    })
  })
  await listening
  return child
}

async function end(child: ChildProcess): Promise<void> {
  if (!running.delete(child)) return
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}

/** A port that nobody listens on right now. */
export async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve))
  const address = probe.address()
  if (address === null || typeof address === 'string') throw new Error('the system gave no port')
  await new Promise<void>((resolve) => probe.close(() => resolve()))
  return address.port
}
