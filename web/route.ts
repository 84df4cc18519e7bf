/**
 * What the address asks for. `/#s=<local id>` reopens a session of this device; any other fragment is an
 * invite, which is taken out of the address bar at once and kept for this tab only, so that a reload still
 * shows its card.
 */
export type Route =
  | { readonly to: 'draft' }
  | { readonly to: 'session'; readonly localId: string }
  | { readonly to: 'invite'; readonly url: string }
  /** Typed, never in an address: it is good for one try. */
  | { readonly to: 'code'; readonly code: string }

/** Session storage: this tab, gone with it. */
const INVITE_KEY = 'coterie.invite'
const LOCAL_ID = /^s=([0-9a-f]{16})$/

/** Reads the address without changing anything. `kept` is an invite not yet answered. */
export function routeOf(address: URL, kept: string | null): Route {
  const fragment = address.hash.slice(1)
  const localId = LOCAL_ID.exec(fragment)?.[1]
  if (localId !== undefined) return { to: 'session', localId }
  if (fragment !== '') return { to: 'invite', url: address.href }
  return kept === null ? { to: 'draft' } : { to: 'invite', url: kept }
}

/** Reads the address and takes an invite out of it. */
export function takeRoute(): Route {
  const route = routeOf(new URL(location.href), sessionStorage.getItem(INVITE_KEY))
  if (route.to === 'session') forgetInvite()
  if (route.to === 'invite') {
    keepInvite(route.url)
    showAddress(undefined)
  }
  return route
}

/** An invite that did not come by the address: a reload still shows its card. */
export function keepInvite(url: string): void {
  sessionStorage.setItem(INVITE_KEY, url)
}

/** The invite was answered, one way or the other. */
export function forgetInvite(): void {
  sessionStorage.removeItem(INVITE_KEY)
}

/** Puts the open session (or nothing) into the address bar, without a step in the history. */
export function showAddress(localId: string | undefined): void {
  const path = location.pathname
  history.replaceState(null, '', localId === undefined ? path : `${path}#s=${localId}`)
}
