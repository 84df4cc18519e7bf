/** One member at the other end of an open link. */
import type { DeviceId } from '../base/ids.ts'
import type { Millis } from '../base/ports.ts'
import type { Quota } from '../protocol/quota.ts'
import type { PeerLink } from './peer-link.ts'

export interface MeshPeer {
  readonly link: PeerLink
  readonly device: DeviceId
  readonly since: Millis
  readonly quota: Quota
  rtt: Millis | undefined
  path: 'direct' | 'relay' | 'unknown'
  /** Which side said that it does not need the link: when both have, nobody is missed when it closes. */
  letGoBy: 'nobody' | 'us' | 'them' | 'both'
}
