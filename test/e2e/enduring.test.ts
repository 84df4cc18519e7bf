/**
 * One of each of what `npm run soak` plays at length: browsers stopped and let go on, a server that is killed while
 * people join, peers that come and go, a browser killed while somebody types.
 */
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { chanceFrom } from '../sim/chance.ts'
import { churn } from '../soak/churning.ts'
import { type Pairing, Sleepers } from '../soak/freezing.ts'
import { Lives } from '../soak/killing.ts'
import { isBackInStep } from '../soak/programme.ts'
import { weather } from '../soak/storm.ts'
import { closeAll } from './browsers.ts'
import { type Product, startProduct, stopProducts } from './product.ts'

/** Each kind freezes once, and is waited for once. */
const SLEEPERS: readonly Pairing[] = [
  ['chromium', 'firefox'],
  ['firefox', 'chromium'],
]
const FROZEN_MS = 10_000
/** Milliseconds: many browsers start here, one after the other. */
const PATIENCE = 300_000
const DEATHS = 5
const BLOWS = 10
/** Megabytes: ten times what the sessions of a quarter of a minute add to a warm heap. */
const MOST_ADDED = 60

vi.setConfig({ testTimeout: PATIENCE })

let product: Product
beforeAll(async () => {
  product = await startProduct()
})
afterAll(async () => {
  await closeAll()
  await stopProducts()
})

test('with one browser of two stopped for 10 s, both are back in step within 5 s', async () => {
  const sleepers = await Sleepers.meet(product.url, SLEEPERS)
  const thawed = await sleepers.freeze(FROZEN_MS)
  expect(thawed.filter((one) => !isBackInStep(one))).toEqual([])
  await sleepers.close()
})

test('when the server is killed and started again ten times while people join, everybody ends joined', async () => {
  const storm = { product, blows: BLOWS, peers: 8, pages: [], chance: chanceFrom(3) }
  expect(await weather(storm)).toMatchObject({ joined: 8 })
})

test('eight peers that edit and come and go end with one text, and leave no heap behind', async () => {
  const signaling = `ws://localhost:${product.port}/signal`
  const { weighings } = await churn({ signaling, milliseconds: 20_000, seed: 5, weighEvery: 5_000 })
  const [first, last] = [weighings[0]?.heap ?? 0, weighings.at(-1)?.heap ?? 0]
  expect(weighings.length).toBeGreaterThan(2)
  expect(last - first).toBeLessThan(MOST_ADDED)
})

test(`of a Chromium killed ${DEATHS} times while somebody types, nothing that was saved is lost`, async () => {
  const lives = new Lives(product.url, chanceFrom(7))
  for (let death = 1; death <= DEATHS; death++) {
    const { saved, found } = await lives.die()
    expect(found.slice(0, saved.length)).toBe(saved)
  }
  await lives.close()
})
