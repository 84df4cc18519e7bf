/**
 * Many pages of one product in one session: opened first, then all but the first come in at once, each with a
 * caret in a line of its own.
 * Not here: what is measured with them.
 */
import type { PageName } from './building.ts'
import { within } from './measuring.ts'
import type { Desktop, Stage } from './stage.ts'

export interface Crowd {
  readonly desktops: readonly Desktop[]
  /** Milliseconds from the first one's beginning to the last caret on the last screen. */
  readonly took: number
}

/** Some lines, so that all carets are in sight. */
export const CROWD_TEXT_UNITS = 1_200
const CARET_STEP = 50
/** Milliseconds a crowd may take to come together. */
const CROWD_DEADLINE = 90_000

/** Trystero shares no text: nothing to wait for there. */
const TEXT_UNITS: Readonly<Record<PageName, number>> = {
  ours: CROWD_TEXT_UNITS,
  theirs: CROWD_TEXT_UNITS,
  trystero: 0,
}

export async function gatherCrowd(stage: Stage, product: PageName, size: number): Promise<Crowd> {
  const desktops = await openAll(stage, product, size)
  try {
    return { desktops, took: await enterAll(stage, product, desktops) }
  } catch (error) {
    await closeCrowd(desktops)
    throw error
  }
}

export async function closeCrowd(desktops: readonly Desktop[]): Promise<void> {
  await Promise.all(desktops.map((desktop) => desktop.close()))
}

async function openAll(stage: Stage, product: PageName, size: number): Promise<Desktop[]> {
  const opened = await Promise.allSettled(Array.from({ length: size }, () => stage.open(product)))
  const desktops = opened.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
  const failed = opened.find((each) => each.status === 'rejected')
  if (failed === undefined) return desktops
  await closeCrowd(desktops)
  throw failed.reason
}

async function enterAll(stage: Stage, product: PageName, desktops: readonly Desktop[]): Promise<number> {
  const [first, ...others] = desktops
  if (!first) throw new RangeError('a crowd of nobody')
  const signaling = stage.signaling(product)
  const units = TEXT_UNITS[product]
  await first.ask('create', { signaling, units })
  await first.ask('placeCaret', 1)
  const address = await first.ask('invite', others.length)
  const seen = desktops.map((desktop) => desktop.ask('whenCarets', others.length))
  const entered = others.map((desktop, index) =>
    desktop.ask('enter', { signaling, address, units, caret: (index + 1) * CARET_STEP }),
  )
  // Who cannot come in says why; waiting for the carets would only say that they are missing.
  const coming = Promise.all(entered).then(() => Promise.all(seen))
  const lastSeen = Math.max(...(await within(CROWD_DEADLINE, `a crowd of ${desktops.length}`, coming)))
  return lastSeen - Math.min(...(await Promise.all(entered)))
}
