/**
 * Waiting for a condition: the only way end-to-end tests wait. Every wait ends, and says what it waited for.
 * Not here: looking for elements (browsers.ts).
 */

/** Milliseconds a person waits for what should come. Generous: two cores drive two browsers. */
export const PATIENCE = 20_000
/** Milliseconds between two looks. */
const LOOK_AGAIN = 30

/** Looks again and again until it holds. A look that throws, as during a navigation, is one that saw nothing. */
export async function until<T>(
  what: string,
  look: () => Promise<T>,
  holds: (seen: T) => boolean,
  patience = PATIENCE,
): Promise<T> {
  const lateAt = Date.now() + patience
  let last: unknown
  do {
    try {
      const seen = await look()
      if (holds(seen)) return seen
      last = seen
    } catch (error) {
      last = error
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN))
  } while (Date.now() < lateAt)
  throw new Error(
    `${what}, for ${patience} ms; last: ${last instanceof Error ? last.message : JSON.stringify(last)}`,
  )
}
