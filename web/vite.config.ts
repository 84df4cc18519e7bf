/**
 * How the web app is built into dist/web: one small first chunk, the rest on demand, and a service worker that
 * keeps all of it but the language packs for a cold start without a network.
 * The server writes the nonce of its policy in place of the placeholder, into every copy of index.html it sends.
 */
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'
import { VitePWA } from 'vite-plugin-pwa'

const root = fileURLToPath(new URL('.', import.meta.url))

const offline = VitePWA({
  registerType: 'prompt',
  injectRegister: false,
  manifest: {
    name: 'Coterie',
    short_name: 'Coterie',
    description: 'Private pair-editing without accounts',
    id: '/',
    start_url: '/',
    display: 'standalone',
    background_color: '#ffffff',
    theme_color: '#0d6b64',
    icons: [
      { src: '/icon-192.png', sizes: '192x192', type: 'image/png' },
      { src: '/icon-512.png', sizes: '512x512', type: 'image/png' },
      { src: '/icon-maskable.png', sizes: '512x512', type: 'image/png', purpose: 'maskable' },
      { src: '/icon.svg', sizes: 'any', type: 'image/svg+xml' },
    ],
  },
  workbox: {
    globPatterns: ['index.html', 'theme.js', '*.{svg,png}', 'assets/*.{js,css,wasm}'],
    maximumFileSizeToCacheInBytes: 4_000_000,
    navigateFallback: '/index.html',
    navigateFallbackDenylist: [/^\/(health|signal)/],
    inlineWorkboxRuntime: true,
    sourcemap: false,
    runtimeCaching: [
      {
        urlPattern: /\/assets\/languages\//,
        handler: 'CacheFirst',
        options: { cacheName: 'languages' },
      },
    ],
  },
})

export default defineConfig({
  root,
  plugins: [offline],
  html: { cspNonce: '__CSP_NONCE__' },
  build: {
    outDir: fileURLToPath(new URL('../dist/web', import.meta.url)),
    emptyOutDir: true,
    target: ['chrome123', 'firefox128', 'safari18'],
    cssTarget: ['chrome123', 'firefox128', 'safari18'],
    assetsInlineLimit: 0, // the policy allows no data: script or style
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1_000,
    rolldownOptions: {
      output: {
        chunkFileNames: ({ moduleIds }) =>
          moduleIds.some(isLanguage) ? 'assets/languages/[name]-[hash].js' : 'assets/[name]-[hash].js',
      },
    },
  },
})

/** Language packs are only wanted for a file of that language. */
function isLanguage(id: string): boolean {
  return /node_modules\/(@codemirror\/(lang-|legacy-modes)|@lezer\/(?!common|lr|highlight))/.test(id)
}
