/**
 * Claims that a contract's rules make, for suites that run in Node and in a page alike.
 * Not here: a test framework. Big byte arrays are compared as bytes, which takes no time.
 */
import { equalBytes, toHex } from '../../src/base/bytes.ts'

/** Milliseconds after which a promise that should long have settled is said to hang. */
const PATIENCE = 20_000

/** @throws unless `condition` holds. `claim` says what should have been so. */
export function claim(condition: boolean, sentence: string): asserts condition {
  if (!condition) throw new Error(`broken: ${sentence}`)
}

/** Equal as JSON: for lists, numbers, texts and plain objects of these. */
export function claimEqual(actual: unknown, expected: unknown): void {
  const [found, wanted] = [JSON.stringify(actual), JSON.stringify(expected)]
  if (found !== wanted) throw new Error(`found ${found}, wanted ${wanted}`)
}

export function claimBytes(actual: Uint8Array | undefined, expected: Uint8Array): void {
  const found = actual === undefined ? 'nothing' : `${actual.length} bytes ${toHex(actual.slice(0, 16))}`
  if (actual === undefined || !equalBytes(actual, expected)) {
    throw new Error(`found ${found}, wanted ${expected.length} bytes ${toHex(expected.slice(0, 16))}`)
  }
}

/** The error that `attempt` rejects with, whose name must be `name`. */
export async function claimRejection(attempt: Promise<unknown>, name: string): Promise<Error> {
  const outcome = await attempt.then(
    () => 'it resolved',
    (error: unknown) => error,
  )
  if (outcome instanceof Error && outcome.name === name) return outcome
  throw new Error(`wanted a rejection with ${name}, but ${String(outcome)}`)
}

/** The value, unless the promise hangs. */
export async function soon<T>(promise: Promise<T>, what: string): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took longer than ${PATIENCE} ms`)), PATIENCE)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
