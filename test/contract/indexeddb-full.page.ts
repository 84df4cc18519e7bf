/** A disk that is really full (attack 40): to be run in a browser that was given little space. */
import type { Rule } from '../e2e/suite.ts'
import { claim, claimEqual } from './claims.ts'
import { diskRules } from './disk.ts'
import { put, texts } from './storage.ts'

const MIB = 1024 * 1024
/** Far above the space the browser was given. */
const MOST_PIECES = 200

export const rules: readonly Rule[] = diskRules({
  'a full disk is StorageFull, loses nothing that was stored, and takes writes again when there is room':
    async ({ session }) => {
      await session.write([put('entries', 'before', 'kept')], 'strict')
      const value = new Uint8Array(MIB)
      for (let at = 0; at < MIB; at += 65_536) crypto.getRandomValues(value.subarray(at, at + 65_536))
      const stored: string[] = []
      let refusal: unknown
      for (let i = 0; i < MOST_PIECES && refusal === undefined; i++) {
        await session.write([{ put: 'blobs', key: `${i}`, value }], 'strict').then(
          () => stored.push(`${i}`),
          (error) => {
            refusal = error
          },
        )
      }
      claim(refusal instanceof Error && refusal.name === 'StorageFull', `it said ${String(refusal)}`)
      claimEqual((await session.read('blobs')).rows.length, stored.length)
      await session.write(
        stored.map((key) => ({ delete: 'blobs' as const, key })),
        'strict',
      )
      await session.write([put('entries', 'later', 'stored')], 'strict')
      claimEqual(await texts(session, 'entries'), ['before=kept', 'later=stored'])
    },
})
