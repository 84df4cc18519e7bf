import { expect, test } from 'vitest'
import type { Clock } from '../../src/base/ports.ts'
import { Porch } from '../../src/session/porch.ts'
import type { Channel } from '../../src/transport/port.ts'
import { MAX_HANDSHAKES, MAX_IN_LINE } from '../../src/wire/limits.ts'

const PATIENCE_MS = 500
const TURN_MS = 100

interface Visitor {
  phase: 'outside' | 'line' | 'proving' | 'away' | 'proven'
  holdsPsk: boolean
  prove(): void
}

/** A porch whose clock stands still until it is told to go on. */
function ground() {
  let now = 0
  const wakes: { at: number; wake: () => void }[] = []
  const clock: Clock = {
    now: () => now,
    wakeAfter(after, wake) {
      const due = { at: now + after, wake }
      wakes.push(due)
      return () => void (wakes.includes(due) && wakes.splice(wakes.indexOf(due), 1))
    },
  }
  const porch = new Porch(clock)
  const visitors: Visitor[] = []
  const comes = (): Visitor => {
    const visitor: Visitor = { phase: 'outside', holdsPsk: false, prove: () => undefined }
    const link = {
      get open() {
        return visitor.phase === 'proving'
      },
      get holdsPsk() {
        return visitor.holdsPsk
      },
      close: () => {
        visitor.phase = 'away'
        porch.leave(link)
      },
    }
    visitor.prove = () => {
      visitor.phase = 'proven'
      porch.leave(link)
    }
    visitor.phase = 'line'
    visitors.push(visitor)
    porch.enter({
      channel: { close: () => undefined } as Channel,
      begin: () => {
        visitor.phase = 'proving'
        return link
      },
      turnedAway: () => {
        visitor.phase = 'away'
      },
    })
    return visitor
  }
  const goOn = (millis: number): void => {
    now += millis
    for (const due of wakes.splice(0).filter((one) => one.at <= now || !wakes.push(one))) due.wake()
  }
  const bePatient = (): void => {
    for (let waited = 0; waited < PATIENCE_MS; waited += TURN_MS) goOn(TURN_MS)
  }
  const count = (phase: Visitor['phase']): number => visitors.filter((one) => one.phase === phase).length
  const come = (visiting: number): Visitor[] => Array.from({ length: visiting }, comes)
  return { porch, come, goOn, bePatient, count, visitors }
}

test('a crowd of fifty all get in, few at a time', () => {
  const { come, count, visitors } = ground()
  come(50)
  let most = 0
  while (count('proven') < 50) {
    most = Math.max(most, count('proving'))
    visitors.find(({ phase }) => phase === 'proving')?.prove()
  }
  expect(most).toBe(MAX_HANDSHAKES)
  expect(count('away')).toBe(0)
})

test('nobody is sent away by those who come later, as long as the line has room', () => {
  const { come, count } = ground()
  come(MAX_HANDSHAKES + MAX_IN_LINE)
  expect([count('proving'), count('line'), count('away')]).toEqual([MAX_HANDSHAKES, MAX_IN_LINE, 0])
})

test('beyond that whoever waits longest gives way', () => {
  const { come, count, visitors } = ground()
  come(500)
  expect([count('proving'), count('line')]).toEqual([MAX_HANDSHAKES, MAX_IN_LINE])
  expect(visitors.slice(-MAX_IN_LINE).every(({ phase }) => phase === 'line')).toBe(true)
})

test('a place is taken away from who makes no use of it, only when somebody waits', () => {
  const { come, goOn, bePatient } = ground()
  const idle = come(MAX_HANDSHAKES)
  goOn(10 * PATIENCE_MS)
  expect(idle.every(({ phase }) => phase === 'proving')).toBe(true)
  const [honest] = come(1)
  bePatient()
  expect(honest?.phase).toBe('proving')
  expect(idle.every(({ phase }) => phase === 'away')).toBe(true)
})

test('who has shown to hold the psk keeps the place ten times as long', () => {
  const { come, goOn, bePatient } = ground()
  const slow = come(MAX_HANDSHAKES)
  for (const visitor of slow) visitor.holdsPsk = true
  come(1)
  for (let times = 1; times < 10; times++) bePatient()
  expect(slow.every(({ phase }) => phase === 'proving')).toBe(true)
  bePatient()
  expect(slow.every(({ phase }) => phase === 'away')).toBe(true)
  goOn(1)
})

test('a device that stood still for a while sends nobody away for it', () => {
  const { come, goOn, count } = ground()
  come(MAX_HANDSHAKES + 1)
  goOn(60_000)
  expect([count('proving'), count('away')]).toEqual([MAX_HANDSHAKES, 0])
})

test('the last to come behind a crowd that never says a word steps in at the next place', () => {
  const { come, bePatient } = ground()
  come(500)
  const [honest] = come(1)
  bePatient()
  expect(honest?.phase).toBe('proving')
})

test('when it closes nobody is left', () => {
  const { porch, come, goOn, count } = ground()
  come(50)
  porch.close()
  goOn(10 * PATIENCE_MS)
  expect(count('away')).toBe(50)
  expect(come(1)[0]?.phase).toBe('away')
})
