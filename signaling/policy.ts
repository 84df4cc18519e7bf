/**
 * The headers that go with every answer: what the page may load, where it may connect, what others may
 * do with it. Not here: caching and content (pages.ts).
 */

/** In index.html; replaced by a fresh nonce in every answer. */
export const NONCE_PLACEHOLDER = '__CSP_NONCE__'

/**
 * The page's scripts come from here and nowhere else; libsodium needs 'wasm-unsafe-eval' and CodeMirror styles
 * with the nonce. A service worker that answers with a stored index.html answers with the header stored beside
 * it, so nonce and page still belong together.
 */
export function contentSecurityPolicy(nonce?: string): string {
  return [
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    nonce === undefined ? "style-src 'self'" : `style-src 'self' 'nonce-${nonce}'`,
    "connect-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    "manifest-src 'self'",
    "worker-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}

/** Features nothing here needs. Only names that browsers know on every system: they complain about others. */
const UNUSED_FEATURES = [
  'accelerometer',
  'autoplay',
  'clipboard-read',
  'display-capture',
  'encrypted-media',
  'fullscreen',
  'gamepad',
  'geolocation',
  'gyroscope',
  'hid',
  'idle-detection',
  'local-fonts',
  'magnetometer',
  'microphone',
  'midi',
  'payment',
  'picture-in-picture',
  'publickey-credentials-create',
  'publickey-credentials-get',
  'screen-wake-lock',
  'serial',
  'storage-access',
  'usb',
  'window-management',
  'xr-spatial-tracking',
]

const PERMISSIONS = [
  'camera=(self)',
  'clipboard-write=(self)',
  ...UNUSED_FEATURES.map((name) => `${name}=()`),
]

/** A year, the least that browsers' lists ask for. */
const STRICT_TRANSPORT_SECONDS = 31_536_000

/** @param options nonce: of this very answer's page; encrypted: whether it travels over TLS */
export function securityHeaders(options: {
  readonly nonce?: string
  readonly encrypted: boolean
}): Readonly<Record<string, string>> {
  return {
    'content-security-policy': contentSecurityPolicy(options.nonce),
    'referrer-policy': 'no-referrer',
    'permissions-policy': PERMISSIONS.join(', '),
    'x-content-type-options': 'nosniff',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    ...(options.encrypted ? { 'strict-transport-security': `max-age=${STRICT_TRANSPORT_SECONDS}` } : {}),
  }
}
