/**
 * Mallory at the door: an editor who admits a newcomer by the rules, and then is the only one to tell what the
 * session's text is.
 */
import { type InstanceId, idOf } from '../../src/base/ids.ts'
import { invitePskIds } from '../../src/session/admission.ts'
import type { Environment } from '../../src/session/environment.ts'
import { readInvite } from '../../src/session/joining.ts'
import { knownRoster } from '../../src/session/roster-word.ts'
import { Signaling } from '../../src/session/signaling.ts'
import { admit, encodeJoin } from '../../src/wire/certificate.ts'
import type { Checkpoint } from '../../src/wire/checkpoint.ts'
import type { Entry } from '../../src/wire/entry.ts'
import { digestOfHeads, type Head } from '../../src/wire/heads.ts'
import { inviteKeys } from '../../src/wire/invite-link.ts'
import type { Ground } from './ground.ts'
import { until } from './ground.ts'
import { HostileLink } from './hostile-link.ts'
import type { Villain } from './villain.ts'

/** Waits in the invite's topic. @returns the link to the newcomer, admitted, once somebody has come and joined */
export async function admitAs(mallory: Villain, ground: Ground, url: string): Promise<HostileLink> {
  const { environment } = ground.device()
  const link = await nextNewcomer(mallory, environment, url)
  await link.proven
  const { crypto, keyring, roster, device } = mallory
  const { records, joins } = roster.encoded()
  link.send({ type: 'roster', records, joins })
  link.send({ type: 'invitation', inviter: 'Mallory', title: 'a session', role: 'editor' })
  await until('the newcomer joins', () => link.heard.some(({ type }) => type === 'join'))
  const join = link.heard.find((message) => message.type === 'join')
  if (join === undefined) throw new Error('nobody joined')
  const admitted = admit(crypto, keyring.session, join.request, {
    device,
    rosterSeq: roster.seq,
    sign: keyring.sign,
  })
  roster.takeJoin(admitted)
  link.send({ type: 'roster', records, joins: [...joins, encodeJoin(admitted)] })
  const { epochKeys } = keyring.stored
  link.send({ type: 'welcome', epochKeys: epochKeys.map((key) => key.reveal()), admitterKey: undefined })
  return link
}

/** Hands over the checkpoint and says that there is no more, so that the newcomer believes to be even. */
export function serve(mallory: Villain, link: HostileLink, entry: Entry, { heads }: Checkpoint): void {
  const held: Head[] = heads.map(({ device, writer, seq, id }) => ({
    ...{ device, writer, held: seq, heldId: id, applied: seq, ended: false },
  }))
  link.sendEntries([entry], 'bulk')
  link.send({ type: 'heads', answer: false, seen: 0, heads: held })
  const digests = digestOfHeads(mallory.crypto, held)
  link.send({ type: 'digest', roster: mallory.roster.digest(), ...digests, state: undefined })
}

function nextNewcomer(mallory: Villain, environment: Environment, url: string): Promise<HostileLink> {
  const { crypto, keyring, device, roster } = mallory
  const keys = inviteKeys(crypto, readInvite(environment, url).seed)
  const me = idOf<InstanceId>(crypto.randomBytes(8))
  const signaling = new Signaling(environment, environment.signaling ?? '', { changed: () => {} })
  return new Promise((resolve, reject) => {
    signaling.plan([
      {
        keys: keys.topic,
        sealing: keys.sealing,
        self: {
          side: 'member',
          instance: me,
          device,
          roster: knownRoster(roster, device),
        },
        welcomes: ({ side }) => side === 'newcomer',
        opened: (channel, hello, initiator) =>
          resolve(
            new HostileLink({
              ...{ crypto, channel, initiator, me },
              remote: hello.instance,
              session: keyring.session,
              psk: { kind: 'invite', ids: invitePskIds(keys.invite, device), key: keys.psk },
              staticKeys: keyring.dh,
            }),
          ),
        failed: (failure) => reject(new Error(failure)),
        mismatched: () => reject(new Error('another version')),
      },
    ])
    signaling.start()
  })
}
