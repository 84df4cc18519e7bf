/**
 * Builds each product's page with Vite, in the same way, into a folder that is not part of the product.
 * Not here: the real app, which is built before the benchmark starts.
 */
import { join } from 'node:path'
import { build } from 'vite'
import { rootOfRepository } from '../e2e/browsers.ts'

export const PRODUCTS = ['ours', 'theirs'] as const
export type Product = (typeof PRODUCTS)[number]

/** The folder that is served for this product's page. */
export function folderOf(product: Product): string {
  return join(rootOfRepository(), 'test/.artifacts/bench', product)
}

export async function buildPage(product: Product): Promise<void> {
  const source = join(rootOfRepository(), 'test/bench/page')
  await build({
    configFile: false,
    root: source,
    logLevel: 'error',
    build: {
      outDir: folderOf(product),
      emptyOutDir: true,
      target: 'es2022',
      modulePreload: { polyfill: false },
      chunkSizeWarningLimit: 10_000,
      rolldownOptions: { input: join(source, `${product}.html`) },
    },
  })
}
