/**
 * Builds each product's page with Vite, in the same way, into a folder that is not part of the product.
 * Not here: the real app, which is built before the benchmark starts.
 */
import { join } from 'node:path'
import { build } from 'vite'
import { rootOfRepository } from '../e2e/browsers.ts'

export const PRODUCTS = ['ours', 'theirs'] as const
export type Product = (typeof PRODUCTS)[number]

/** Beside the two products a neighbour that only meshes. */
export const PAGES = [...PRODUCTS, 'trystero'] as const
export type PageName = (typeof PAGES)[number]

/** The folder that is served for this page. */
export function folderOf(page: PageName): string {
  return join(rootOfRepository(), 'test/.artifacts/bench', page)
}

export async function buildPage(page: PageName): Promise<void> {
  const source = join(rootOfRepository(), 'test/bench/page')
  await build({
    configFile: false,
    root: source,
    logLevel: 'error',
    build: {
      outDir: folderOf(page),
      emptyOutDir: true,
      target: 'es2022',
      modulePreload: { polyfill: false },
      chunkSizeWarningLimit: 10_000,
      rolldownOptions: { input: join(source, `${page}.html`) },
    },
  })
}
