/**
 * A contract suite inside a real browser, its results told back to Node one by one.
 * The entry is a TypeScript module of the repository that exports its rules, free of any test framework:
 *
 *   // test/contract/indexeddb.page.ts
 *   export const rules: readonly Rule[] = [{ name: 'a stored row is read back', run: async () => { ... } }]
 *
 *   // test/e2e/indexeddb.test.ts
 *   const results = await runSuiteInBrowser(browser, 'test/contract/indexeddb.page.ts')
 *   test.each(rules.map(({ name }) => name))('%s', (name) => expect(outcomeOf(results, name)).toBe('held'))
 *
 * A rule holds when its `run` resolves and is broken when it throws or outlasts `RULE_DEADLINE`. Rules run in
 * order, in one page of a fresh profile, on `http://localhost` (a secure context).
 * Not here: what the rules are; a change of the page between rules.
 * Invariant: a suite without rules, or a page that does not load, is an error and never an empty success.
 */
import { join } from 'node:path'
import type { Page } from 'puppeteer-core'
import { build, type Rolldown } from 'vite'
import { type OpenBrowser, rootOfRepository } from './browsers.ts'
import { serveFiles } from './serving.ts'

/** One rule of a contract. It throws when it is broken. */
export interface Rule {
  readonly name: string
  run(): Promise<void> | void
}

/** What became of a rule; `error` is there when it is broken. */
export interface RuleResult {
  readonly name: string
  readonly error?: string
}

/** Milliseconds one rule may take in a browser. */
const RULE_DEADLINE = 60_000

const PAGE =
  '<!doctype html><meta charset="utf-8"><title>suite</title><script type="module" src="/suite.js"></script>'

/** Runs every rule that the module exports as `rules`. @param entryFile path from the root of the repository */
export async function runSuiteInBrowser(browser: OpenBrowser, entryFile: string): Promise<RuleResult[]> {
  const serving = await serveFiles(await bundle(entryFile))
  try {
    const page = await browser.newPage()
    const results = await runRules(page, `${serving.url}/`)
    await page.close()
    return results
  } finally {
    await serving.close()
  }
}

/** `held`, `broken: ...` or `never ran`, so that a missing rule cannot pass for one that holds. */
export function outcomeOf(results: readonly RuleResult[], name: string): string {
  const result = results.find((each) => each.name === name)
  if (result === undefined) return 'never ran'
  return result.error === undefined ? 'held' : `broken: ${result.error}`
}

async function runRules(page: Page, url: string): Promise<RuleResult[]> {
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(String(error)))
  await page.goto(url, { waitUntil: 'load' })
  const names = await page.evaluate(() => globalThis.suiteUnderTest?.map(({ name }) => name) ?? [])
  if (names.length === 0) throw new Error(`the page has no rules to run. ${complaints.join('; ')}`)
  const results: RuleResult[] = []
  for (const [index, name] of names.entries()) {
    const error = await page.evaluate(runOne, index, RULE_DEADLINE)
    results.push(error === null ? { name } : { name, error })
  }
  return results
}

/** Runs in the page: must not refer to anything outside of itself. @returns null when the rule holds */
async function runOne(index: number, deadline: number): Promise<string | null> {
  const late = new Promise<never>((_, reject) => {
    setTimeout(() => reject(new Error(`it took longer than ${deadline} ms`)), deadline)
  })
  try {
    await Promise.race([globalThis.suiteUnderTest?.[index]?.run(), late])
    return null
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}\n${error.stack ?? ''}` : String(error)
  }
}

declare global {
  /** Where the page keeps its rules for `runOne`. */
  var suiteUnderTest: readonly Rule[] | undefined
}

/** Bundles the entry and all it imports, in memory: file name -> content. */
export async function bundle(entryFile: string): Promise<Map<string, string | Uint8Array>> {
  const entry = JSON.stringify(join(rootOfRepository(), entryFile))
  const output = (await build({
    configFile: false,
    root: rootOfRepository(),
    logLevel: 'error',
    plugins: [
      {
        name: 'suite',
        resolveId: (id) => (id === 'virtual:suite' ? id : undefined),
        load: (id) =>
          id === 'virtual:suite'
            ? `import { rules } from ${entry}\nglobalThis.suiteUnderTest = rules`
            : undefined,
      },
    ],
    build: {
      write: false,
      minify: false,
      target: 'es2022',
      modulePreload: false,
      rolldownOptions: { input: { suite: 'virtual:suite' }, output: { entryFileNames: '[name].js' } },
    },
  })) as Rolldown.RolldownOutput
  const files = output.output.map(
    (file) => [file.fileName, file.type === 'chunk' ? file.code : file.source] as const,
  )
  return new Map<string, string | Uint8Array>([['index.html', PAGE], ...files])
}
