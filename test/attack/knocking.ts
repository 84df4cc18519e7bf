/** A newcomer's link to Ada, proven by an invite's psk, with any join proof. */

import { type InstanceId, idOf } from '../../src/base/ids.ts'
import type { SignKeys } from '../../src/crypto/crypto.ts'
import { bindingOf, invitePskIds } from '../../src/session/admission.ts'
import { readInvite } from '../../src/session/joining.ts'
import type { Session } from '../../src/session/public.ts'
import { Signaling } from '../../src/session/signaling.ts'
import { type JoinRequest, requestJoin } from '../../src/wire/certificate.ts'
import { inviteKeys } from '../../src/wire/invite-link.ts'
import { type Ground, until } from './ground.ts'
import { HostileLink, type Proof } from './hostile-link.ts'

export interface Knocked {
  readonly link: HostileLink
  readonly proof: Proof
  /** A join proof for this link, with other parts where they are given. */
  request(change: {
    readonly signPk?: Uint8Array
    readonly dhPk?: Uint8Array
    readonly device?: SignKeys
  }): JoinRequest
  end(): void
}

/** A newcomer's link to Ada, proven by the invite's psk. */
export async function knock(ground: Ground, url: string, ada: Session): Promise<Knocked> {
  const { environment } = ground.device()
  const { crypto } = ground
  const link = readInvite(environment, url)
  const keys = inviteKeys(crypto, link.seed)
  const dh = crypto.dhKeys()
  const sign = crypto.signKeys()
  const me = idOf<InstanceId>(crypto.randomBytes(8))
  const signaling = new Signaling(environment, ground.network.signaling, { changed: () => {} })
  const opened = await new Promise<HostileLink>((resolve, reject) => {
    signaling.plan([
      {
        keys: keys.topic,
        sealing: keys.sealing,
        self: { side: 'newcomer', instance: me, device: undefined, roster: undefined },
        welcomes: ({ device }) => device === ada.me.device,
        opened: (channel, hello, initiator) =>
          resolve(
            new HostileLink({
              ...{ crypto, channel, initiator, me },
              remote: hello.instance,
              session: link.session,
              psk: { kind: 'invite', ids: invitePskIds(keys.invite, ada.me.device), key: keys.psk },
              staticKeys: dh,
            }),
          ),
        failed: (failure) => reject(new Error(failure)),
        mismatched: () => reject(new Error('another version')),
      },
    ])
    signaling.start()
  })
  const proof = await opened.proven
  await until('Ada has answered the knock', () =>
    opened.heard.some(({ type }) => type === 'invitation' || type === 'refusal'),
  )
  return {
    link: opened,
    proof,
    request: ({ signPk = sign.publicKey, dhPk = dh.publicKey, device = sign }) => {
      const certificate = { signPk, dhPk, name: 'Mallory', color: 1 }
      const handshake = bindingOf(crypto, proof.handshakeHash)
      return requestJoin(
        crypto,
        link.session,
        { certificate, invite: keys.invite, handshake },
        { invite: keys.sign, device },
      )
    },
    end: () => {
      signaling.stop()
      opened.close()
    },
  }
}
