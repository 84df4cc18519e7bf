/**
 * The two ways our own mistakes show: a law that broke, and a case nobody wrote.
 * Not for bad input: a peer's fault is a `Violation` value, a caller's fault a typed `Error`.
 */

export class AssertionFailed extends Error {
  override name = 'AssertionFailed'
}

/** Throws `AssertionFailed` unless `condition` holds. `law` is the sentence that must always be true. */
export function assert(condition: unknown, law: string): asserts condition {
  if (!condition) throw new AssertionFailed(law)
}

/** Ends every `switch` over a union: adding a member without a case fails to compile. */
export function unreachable(value: never): never {
  throw new AssertionFailed(`a case nobody wrote: ${JSON.stringify(value)}`)
}
