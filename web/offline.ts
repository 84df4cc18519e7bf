/**
 * The service worker: what makes the page start without a network. Registered from this file because the page's
 * policy allows no inline script. A newer version waits until the person says so, never during an edit.
 */

/** @param onUpdate called with the function that activates the waiting version and reloads */
export async function registerOffline(onUpdate: (reload: () => void) => void): Promise<void> {
  if (!('serviceWorker' in navigator) || import.meta.env.DEV) return
  const registration = await navigator.serviceWorker.register('/sw.js')
  const offer = (worker: ServiceWorker) => onUpdate(() => activate(worker))
  if (registration.waiting && navigator.serviceWorker.controller) offer(registration.waiting)
  registration.addEventListener('updatefound', () => {
    const worker = registration.installing
    worker?.addEventListener('statechange', () => {
      const isUpdate = worker.state === 'installed' && navigator.serviceWorker.controller !== null
      if (isUpdate) offer(worker)
    })
  })
}

function activate(worker: ServiceWorker): void {
  navigator.serviceWorker.addEventListener('controllerchange', () => location.reload(), { once: true })
  worker.postMessage({ type: 'SKIP_WAITING' })
}
