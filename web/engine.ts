/**
 * The library, loaded when it is first needed (cryptography, storage and network come with it), so that the
 * editor accepts keys before any of it has arrived.
 */
type Engine = typeof import('../src/index.ts')

let loading: Promise<Engine> | undefined

export function engine(): Promise<Engine> {
  loading ??= load()
  return loading
}

async function load(): Promise<Engine> {
  try {
    return await import('../src/index.ts')
  } catch (error) {
    loading = undefined // a failed download may be tried again
    throw error
  }
}

/** Calls `work` once the page has been painted and has nothing better to do: what comes now may take its time. */
export function whenIdle(work: () => void): void {
  requestAnimationFrame(() => {
    if (typeof requestIdleCallback === 'function') requestIdleCallback(work, { timeout: 500 })
    else setTimeout(work, 50)
  })
}
