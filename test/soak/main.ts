/**
 * The long tests: `npm run soak -- [--only freeze,storm,churn,kill,crowd] [--pairs N] [--spans 10,60,90,120]
 * [--minutes N] [--people N]`.
 * Plays one trial after the other, says of each what came of it, and at last how many held; a failure gives exit
 * code 1. One of each is in `npm test` (test/e2e/enduring.test.ts).
 */
import { parseArgs } from 'node:util'
import { closeAll } from '../e2e/browsers.ts'
import { stopProducts } from '../e2e/product.ts'
import { type Programme, programmeOf, SCENES, type SceneName } from './programme.ts'
import { Tally } from './tally.ts'

const USAGE = `npm run soak -- [--only ${Object.keys(SCENES).join(',')}] [--pairs N] [--spans SECONDS,...] [--minutes N] [--people N]

  freeze  pairs of browsers, one of each stopped (SIGSTOP) for every span of seconds, back in step within 5 s
  storm   signaling killed and started again ten times while many join
  churn   eight peers edit, leave and come back for so many minutes; memory stays flat
  kill    a Chromium killed while typing, fifty times; nothing that was saved is lost
  crowd   many real peers in one process, three in ten killed at once; the rest is connected and equal again

  --pairs    people who freeze at once (10)
  --spans    seconds they freeze for (10,60,90,120)
  --minutes  how long peers churn (60)
  --people   how many make a crowd (128)
  --only     only these`

interface Wanted extends Programme {
  readonly scenes: readonly SceneName[]
}

/** A word instead: what is not understood. */
function read(given: readonly string[]): Wanted | 'help' | 'wrong' {
  const text = { type: 'string' } as const
  const { values } = parseArgs({
    args: [...given],
    options: { only: text, pairs: text, spans: text, minutes: text, people: text, help: { type: 'boolean' } },
  })
  if (values.help === true) return 'help'
  const scenes = (values.only ?? Object.keys(SCENES).join(',')).split(',')
  const programme = programmeOf(values)
  const isKnown = (scene: string): scene is SceneName => Object.hasOwn(SCENES, scene)
  return programme === undefined || !scenes.every(isKnown) ? 'wrong' : { ...programme, scenes }
}

async function main(): Promise<number> {
  const wanted = read(process.argv.slice(2))
  if (typeof wanted === 'string') {
    const [out, code] = wanted === 'help' ? ([process.stdout, 0] as const) : ([process.stderr, 2] as const)
    out.write(`usage: ${USAGE}\n`)
    return code
  }
  const tally = new Tally()
  for (const name of wanted.scenes) await tally.playing(name, () => SCENES[name](wanted, tally))
  tally.say(`soak: ${tally.held} held, ${tally.failed} failed`)
  return tally.failed === 0 ? 0 : 1
}

try {
  process.exitCode = await main()
} finally {
  await closeAll()
  await stopProducts()
}
process.exit() // node-datachannel keeps a process awake after its connections are closed
