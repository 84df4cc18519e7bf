/**
 * The long tests: `npm run soak -- [--only freeze,storm,churn,kill,crowd] [--pairs N] [--spans 10,60,90,120]
 * [--minutes N] [--people N]`.
 * Plays one trial after the other, says of each what came of it, and at last how many held; a failure gives exit
 * code 1. One of each is in `npm test` (test/e2e/enduring.test.ts).
 */
import { misused, readCommandLine } from '../command-line.ts'
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

function read(): Wanted {
  const names = ['only', 'pairs', 'spans', 'minutes', 'people'] as const
  const { flags } = readCommandLine(USAGE, { flags: names })
  const scenes = (flags.only ?? Object.keys(SCENES).join(',')).split(',')
  const programme = programmeOf(flags)
  if (programme === undefined) misused(USAGE, 'Give whole numbers above 0.')
  const isKnown = (scene: string): scene is SceneName => Object.hasOwn(SCENES, scene)
  if (!scenes.every(isKnown)) misused(USAGE, `The scenes are ${Object.keys(SCENES).join(', ')}.`)
  return { ...programme, scenes }
}

async function main(): Promise<number> {
  const wanted = read()
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
