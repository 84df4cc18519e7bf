/** The names of sessions on this device: made here, and recognised in an address somebody may have edited. */
import { toHex } from '../base/bytes.ts'
import type { LocalId } from './port.ts'

const LOCAL_ID_BYTES = 8

export function newLocalId(randomBytes: (length: number) => Uint8Array): LocalId {
  return toHex(randomBytes(LOCAL_ID_BYTES)) as LocalId
}

/** False for anything but 16 lower-case hexadecimal digits: as the beginning of a key, '' would name every row. */
export function isLocalId(text: unknown): text is LocalId {
  return typeof text === 'string' && /^[0-9a-f]{16}$/.test(text)
}
