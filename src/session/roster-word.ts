/**
 * What this device says of the roster when it meets a member who may have been away: the Joins that let it in, and
 * records that the other lacks. Not here: the hello they stand in (wire/introduction.ts).
 */
import type { DeviceId } from '../base/ids.ts'
import type { KnownRoster } from '../protocol/meeting.ts'
import type { Roster } from '../protocol/roster.ts'
import { encodeJoin } from '../wire/certificate.ts'
import { MAX_HELLO_JOINS, MAX_HELLO_RECORDS, MAX_HELLO_RECORDS_BYTES } from '../wire/limits.ts'
import { encodeRecord } from '../wire/roster-record.ts'

export function knownRoster(roster: Roster, me: DeviceId): KnownRoster {
  return {
    word: () => ({ seq: roster.seq, joins: joinsUpToOwner(roster, me) }),
    after: (seq) => recordsAfter(roster, seq),
  }
}

/** Its own first, then that of whoever let it in, and so on; owners of the first hour have none. */
function joinsUpToOwner({ joins }: Roster, me: DeviceId): readonly Uint8Array[] {
  const found: Uint8Array[] = []
  let join = joins.get(me)
  while (join !== undefined && found.length < MAX_HELLO_JOINS) {
    found.push(encodeJoin(join))
    join = joins.get(join.admitter)
  }
  return found
}

function recordsAfter({ records }: Roster, seq: number): readonly Uint8Array[] {
  const found: Uint8Array[] = []
  let bytes = 0
  for (const record of records.slice(seq + 1, seq + 1 + MAX_HELLO_RECORDS)) {
    const encoded = encodeRecord(record)
    bytes += encoded.length
    if (bytes > MAX_HELLO_RECORDS_BYTES) break
    found.push(encoded)
  }
  return found
}
