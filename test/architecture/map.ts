/**
 * The map of the house: which room may import which, and through which room a package enters.
 * Not here: how it is read and enforced (reading.ts, laws.ts).
 * Invariant: arrows point down; a row that would make two rooms import each other is a mistake in this file,
 * which the law against cycles then finds.
 */

/** Composition roots: the only files that name adapters and the only ones that may re-export. */
export const ENTRY_FILES = [
  'src/index.ts',
  'src/node.ts',
  'src/editor/index.ts',
  'signaling/index.ts',
] as const

/** What browsers load: nothing they reach may need Node. */
export const BROWSER_ENTRY_FILES: readonly string[] = ['src/index.ts', 'src/editor/index.ts']

/** Ports: the only files of the adapter rooms that the shell may know. */
const PORTS = ['src/storage/port.ts', 'src/transport/port.ts']

const BELOW_SESSION = ['doc', 'protocol', 'crypto', 'wire', 'base']

/** Row: a room or an entry file. Column: the rooms and single files it may import besides its own room. */
export const ARROWS: Readonly<Record<string, readonly string[]>> = {
  base: [],
  crypto: ['base'],
  // wire seals and signs, so it knows the shape of the door to cryptography, and nothing behind it
  wire: ['base', 'src/crypto/crypto.ts'],
  protocol: ['crypto', 'wire', 'base'],
  doc: ['protocol', 'crypto', 'wire', 'base'],
  storage: ['crypto', 'wire', 'base'],
  transport: ['crypto', 'wire', 'base'],
  session: [...BELOW_SESSION, ...PORTS],
  editor: ['session', 'doc', 'base'],
  cli: ['session', 'base', ...ENTRY_FILES],
  signaling: ['crypto', 'wire', 'base'],
  web: BROWSER_ENTRY_FILES,
  'src/index.ts': ['session', 'storage', 'transport', ...BELOW_SESSION],
  'src/node.ts': ['src/index.ts', 'session', 'storage', 'transport', ...BELOW_SESSION],
  'src/editor/index.ts': ['editor', 'session', 'doc', 'base'],
  'signaling/index.ts': ['signaling', 'crypto', 'wire', 'base'],
}

/** The doors: which packages a room may import. `types:` before a name admits its types only. */
export const DOORS: Readonly<Record<string, readonly string[]>> = {
  base: [],
  crypto: ['libsodium-wrappers', '@noble/hashes'],
  wire: [],
  protocol: [],
  doc: ['yjs', 'y-protocols', 'lib0'],
  storage: ['idb', 'node:'],
  transport: ['simple-peer', 'node-datachannel', 'ws', 'node:'],
  session: ['types:yjs', 'types:y-protocols'],
  editor: ['types:yjs', 'types:y-protocols', 'y-codemirror.next', '@codemirror/', 'codemirror', '@lezer/'],
  cli: ['node:'],
  signaling: ['ws', 'node:'],
  web: ['lit', 'lucide', 'qr', '@codemirror/', 'codemirror', '@lezer/', 'virtual:pwa-register'],
  'src/node.ts': ['node:'],
}

/** Packages that exist in Node only. */
export const NODE_ONLY = ['node:', 'ws', 'node-datachannel']

/** Rooms that read no clock, timer, chance, console or network: all of it comes in as data. */
export const PURE_ROOMS: readonly string[] = ['base', 'wire', 'protocol']

/** What a pure room never names, as `name` or as `object.property`. */
export const IMPURE: ReadonlySet<string> = new Set([
  ...['Date', 'performance', 'setTimeout', 'setInterval', 'setImmediate', 'requestAnimationFrame'],
  ...['requestIdleCallback', 'Math.random', 'console', 'process', 'globalThis', 'window'],
  ...['crypto.getRandomValues', 'crypto.randomUUID', 'crypto.subtle'],
  ...['fetch', 'WebSocket', 'RTCPeerConnection', 'XMLHttpRequest', 'localStorage', 'indexedDB', 'navigator'],
])
