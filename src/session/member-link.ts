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
  { environment, keyring, roster, me, porch }: Membership,
  { channel, initiator, instance, device }: MemberChannel,
  listener: MemberLinkListener,
): void {
  const { crypto, clock } = environment
  const dhPk = roster.certificateOf(device)?.dhPk
  const psk = dhPk && memberPsk(crypto, roster.session, keyring, { device, dhPk })
  if (dhPk === undefined || psk === undefined) return channel.close()
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
  if (link.open) porch.enter(link)
}
