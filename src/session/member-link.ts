/** Two members prove to each other on a channel that they are who the roster says; what comes of it is a link. */
import { EMPTY, equalBytes } from '../base/bytes.ts'
import type { DeviceId, InstanceId } from '../base/ids.ts'
import type { Roster } from '../protocol/roster.ts'
import type { Channel } from '../transport/port.ts'
import type { Environment } from './environment.ts'
import type { Keyring } from './keyring.ts'
import { memberPsk } from './meeting-place.ts'
import { PeerLink } from './peer-link.ts'
import type { Porch } from './porch.ts'

export interface Membership {
  readonly environment: Environment
  readonly keyring: Keyring
  readonly roster: Roster
  readonly me: InstanceId
  readonly porch: Porch
}

export interface MemberChannel {
  readonly channel: Channel
  readonly initiator: boolean
  readonly instance: InstanceId
  readonly device: DeviceId
}

/** Exactly one of the two is called; after `linked` the link has another listener. */
export interface MemberLinkListener {
  linked(link: PeerLink, device: DeviceId): void
  failed(): void
}

export function openMemberLink(
  membership: Membership,
  start: MemberChannel,
  listener: MemberLinkListener,
): void {
  const { environment, keyring, roster, porch } = membership
  const { channel, device } = start
  const dhPk = roster.certificateOf(device)?.dhPk
  const psk = dhPk && memberPsk(environment.crypto, roster.session, keyring, { device, dhPk })
  if (dhPk === undefined || psk === undefined) return channel.close()
  const begin = (): PeerLink => prove(membership, { ...start, dhPk, psk }, listener)
  porch.enter({ channel, begin, turnedAway: () => listener.failed() })
}

interface MemberProof extends MemberChannel {
  readonly dhPk: Uint8Array
  readonly psk: { readonly ids: Uint8Array; readonly key: Uint8Array }
}

function prove(
  { environment, keyring, roster, me, porch }: Membership,
  { channel, initiator, instance, device, dhPk, psk }: MemberProof,
  listener: MemberLinkListener,
): PeerLink {
  const { crypto, clock } = environment
  const link: PeerLink = new PeerLink({
    ...{ crypto, clock, channel, initiator, me },
    session: roster.session,
    psk: { kind: 'member', ...psk },
    remote: instance,
    staticKeys: keyring.dh,
    payload: EMPTY,
    listener: {
      proven: (proof) => {
        porch.leave(link)
        if (equalBytes(proof.remoteStatic, dhPk)) listener.linked(link, device)
        else link.close()
      },
      message: () => link.close(),
      entries: () => link.close(),
      hungry: () => undefined,
      alive: () => undefined,
      closed: () => {
        porch.leave(link)
        listener.failed()
      },
    },
  })
  return link
}
