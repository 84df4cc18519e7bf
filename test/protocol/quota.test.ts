import { describe, expect, test } from 'vitest'
import { spend, startQuota } from '../../src/protocol/quota.ts'
import type { Message } from '../../src/wire/message.ts'
import { isViolation } from '../../src/wire/violation.ts'

const BOUNDED: readonly Message['type'][] = [
  'heads',
  'digest',
  'ack',
  'sending',
  'prune',
  'graft',
  'missed',
  'carry',
  'roster',
  'presence',
  'blob-want',
  'blob-missing',
]

describe.each(BOUNDED)('a storm of %s', (type) => {
  test('ends in a violation that names it, and the other types go on', () => {
    const quota = startQuota()
    let sent = 0
    let found = spend(quota, type, 0)
    while (found === undefined && sent < 100_000) {
      sent++
      found = spend(quota, type, 0)
    }
    expect(sent).toBeLessThan(25_000)
    expect(found !== undefined && isViolation(found) && found.violation).toBe('flooding')
    expect(found?.detail).toContain(type)
    for (const other of BOUNDED) if (other !== type) expect(spend(quota, other, 0)).toBeUndefined()
  })

  test('is none at five a second, all day', () => {
    const quota = startQuota()
    const found = Array.from({ length: 20_000 }, (_, time) => spend(quota, type, time * 200))
    expect(found.filter((each) => each !== undefined)).toEqual([])
  })

  test('is forgiven after a while', () => {
    const quota = startQuota()
    while (spend(quota, type, 0) === undefined);
    expect(spend(quota, type, 1_000)).toBeUndefined()
  })
})

test('a bucket holds so many at once, and fills by so many a second, since it was last looked at', () => {
  const quota = startQuota()
  const spent = (now: number) => {
    let count = 0
    while (count < 1_000 && spend(quota, 'verification', now) === undefined) count++
    return count
  }
  expect(spent(10_000)).toBe(32)
  expect(spent(10_999)).toBe(0)
  expect(spent(11_999)).toBe(1)
  expect(spent(14_999)).toBe(3)
  expect(spent(900_000)).toBe(32)
  expect(spend(quota, 'verification', 932_000, 32)).toBeUndefined()
  expect(spend(quota, 'verification', 932_000)).toMatchObject({ violation: 'flooding' })
})

test('entries and pieces are bounded elsewhere', () => {
  const quota = startQuota()
  const types = ['entries', 'blob-piece'] as const
  const found = Array.from({ length: 100_000 }, (_, sent) => spend(quota, types[sent % 2] ?? 'entries', 0))
  expect(found.filter((each) => each !== undefined)).toEqual([])
})
