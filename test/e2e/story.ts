/**
 * The web app built with a library that does what it is told (test/web/fake-engine.ts): the real screens, in
 * states that real people would take minutes to reach. Served from memory of the disk, without the server.
 */
import { join } from 'node:path'
import { build } from 'vite'
import { rootOfRepository } from './browsers.ts'
import { type Serving, serveFolder } from './serving.ts'

/** Builds and serves the story. */
export async function serveStory(): Promise<Serving> {
  const root = rootOfRepository()
  const outDir = join(root, 'test/.artifacts/story')
  await build({
    configFile: join(root, 'web/vite.config.ts'),
    root: join(root, 'web'),
    logLevel: 'error',
    plugins: [
      {
        name: 'fake-engine',
        enforce: 'pre',
        resolveId: (id, importer) =>
          id === '../src/index.ts' && importer?.endsWith('/web/engine.ts')
            ? join(root, 'test/web/fake-engine.ts')
            : undefined,
      },
    ],
    build: { outDir, emptyOutDir: true },
  })
  return serveFolder(outDir)
}
