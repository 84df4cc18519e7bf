/** Which topics a device waits in, and the keys that open them. Pure: keys in, keys out. */
import { concat } from '../base/bytes.ts'
import { Writer } from '../base/codec.ts'
import { type DeviceId, idBytes, type SessionId } from '../base/ids.ts'
import type { Millis } from '../base/ports.ts'
import type { Crypto, DhKeys, SignKeys } from '../crypto/crypto.ts'

const DAY_MS = 86_400_000

export interface TopicKeys {
  readonly keys: SignKeys
  readonly sealing: Uint8Array
}

/** The members' topics of today and yesterday (UTC), so that clocks a day apart still meet. */
export function memberTopics(crypto: Crypto, epochKey: Uint8Array, now: Millis): readonly TopicKeys[] {
  const today = Math.floor(now / DAY_MS)
  return [today, today - 1].map((day) => {
    const info = new Writer().u32(day).finish()
    return {
      keys: crypto.signKeys(crypto.kdf(epochKey, 'topic', info, 32)),
      sealing: crypto.kdf(epochKey, 'topic-sealing', info, 32),
    }
  })
}

/** The psk two members share: no epoch in it, so that a member who slept through a re-key links as before. */
export function memberPsk(
  crypto: Crypto,
  session: SessionId,
  mine: { readonly device: DeviceId; readonly dh: DhKeys },
  theirs: { readonly device: DeviceId; readonly dhPk: Uint8Array },
): { readonly ids: Uint8Array; readonly key: Uint8Array } | undefined {
  const shared = crypto.dh(mine.dh.secretKey, theirs.dhPk)
  if (shared === undefined) return undefined
  const [lower, higher] = [mine.device, theirs.device].sort() as [DeviceId, DeviceId]
  const ids = concat(idBytes(lower), idBytes(higher))
  return { ids, key: crypto.kdf(shared, 'link', concat(idBytes(session), ids), 32) }
}
