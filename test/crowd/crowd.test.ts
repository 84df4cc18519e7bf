/** A crowd over real WebRTC in one process, and what a sudden loss of a third of it costs the rest. More in `npm run soak`. */
import { afterAll, expect, test } from 'vitest'
import { Crowd } from './crowd.ts'

const PEERS = 32
const KILLED = Math.floor(PEERS * 0.3)
/** Milliseconds until the rest is whole again: 10 s until the dead are noticed, and what two busy cores need to link anew. */
const WHOLE_WITHIN = 40_000

let crowd: Crowd | undefined

afterAll(() => crowd?.close())

test(`of ${PEERS} real peers ${KILLED} die at once: the rest is linked and has one text again`, {
  timeout: 180_000,
}, async () => {
  crowd = await Crowd.gather({ size: PEERS, patience: WHOLE_WITHIN })
  await crowd.edit('a')
  crowd.kill(KILLED)
  await crowd.edit('b')
  await crowd.whole()
  expect(await crowd.fewLinks()).toBeGreaterThan(1)
})
