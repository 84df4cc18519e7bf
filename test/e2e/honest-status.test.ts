/** The status while nothing is well: what it says of edits that nobody acknowledges, and when. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CALM } from '../web/fake-session.ts'
import { BROWSERS, closeAll, launchBrowser, type OpenBrowser } from './browsers.ts'
import { liesIn, watch } from './honesty.ts'
import { arrive, meet } from './meeting.ts'
import { type Product, startProduct, stopProducts } from './product.ts'
import type { Sample } from './sampler.ts'

/** Milliseconds somebody's page does nothing: longer than the eight after which it alarms. */
const STUCK = 13_000
/** Milliseconds: who was given up meanwhile is dialed again. */
const COMES_BACK_WITHIN = 45_000

let product: Product

beforeAll(async () => {
  product = await startProduct()
})
afterAll(async () => {
  await closeAll()
  await stopProducts()
})

describe('the oracle finds', () => {
  const honest: Sample = {
    at: 1_000,
    session: 'S',
    device: 'ada',
    status: CALM,
    everShared: true,
    chip: 'In sync with 1',
    tone: 'good',
    held: { a: 3 },
    edited: { a: 3 },
  }
  const ben: Sample = { ...honest, device: 'ben', at: 1_020, edited: {} }
  const lies = (ada: Partial<Sample>, other: Partial<Sample> = {}) =>
    liesIn(
      new Map([
        ['Ada', [{ ...honest, ...ada }]],
        ['Ben', [{ ...ben, ...other }]],
      ]),
    )

  test('nothing where nothing is', () => {
    expect(lies({})).toEqual([])
  })

  test.each([
    ['an edit that nobody else holds', lies({}, { held: { a: 2 } })],
    ['people who are not there', lies({ status: { ...CALM, peers: 2 }, chip: 'In sync with 2' })],
    ['a chip that says another thing than the status', lies({ chip: 'Connecting to Ben', tone: 'busy' })],
    ['a chip in red for nothing', lies({ tone: 'alarm' })],
    ['a mixture of texts', lies({ chip: 'In sync with 1, Syncing 3 KB' })],
    [
      'a chip that speaks of a change too early',
      lies({
        status: { ...CALM, unshared: 1, oldestUnsharedAt: 900 },
        chip: '1 change not yet shared',
        tone: 'busy',
      }),
    ],
  ])('%s', (_what, found) => {
    expect(found).not.toEqual([])
  })
})

describe.each(BROWSERS)('in %s', (name) => {
  let browser: OpenBrowser
  beforeAll(async () => {
    browser = await launchBrowser(name)
  })
  afterAll(() => browser.close())

  test('an edit nobody acknowledges is told after a second, in red after eight, and never before', async () => {
    const ada = await arrive(browser, 'Ada')
    const ben = await arrive(browser, 'Ben')
    const oracle = await watch([ada, ben])
    await meet(ada, ben, { url: product.url, text: 'together' })
    await ada.seesShared()
    const stuck = ben.page.evaluate((span) => {
      const end = Date.now() + span
      while (Date.now() < end) Math.random()
    }, STUCK)
    await ada.type('!')
    await ada.seesStatus('1 change not yet shared')
    await stuck
    await ben.sees('together!', COMES_BACK_WITHIN)
    await ada.seesStatus('In sync with 1', COMES_BACK_WITHIN)
    expect(await oracle.verdict()).toBeGreaterThan(100)
    const said = oracle.said(ada).join('\n')
    expect(said).toMatch(
      /good: In sync with 1\nbusy: 1 change not yet shared\n(.|\n)*alarm: (.|\n)*good: In sync with 1$/,
    )
  })
})
