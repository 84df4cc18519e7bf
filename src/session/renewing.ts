/**
 * Members whom an owner's record left out because the owner had not heard of them yet: whoever let them in countersigns
 * their Join again, and whoever may admit hands them the keys that were not wrapped for them.
 *
 * Invariants: nobody the owner removed or lowered is renewed; keys are given to members by the roster alone, and taken
 * only as the roster commits to them.
 */
import type { DeviceId } from '../base/ids.ts'
import { Secret } from '../base/secret.ts'
import type { Crypto } from '../crypto/crypto.ts'
import type { Roster } from '../protocol/roster.ts'
import { admit, type Join } from '../wire/certificate.ts'
import type { Message } from '../wire/message.ts'
import { violation } from '../wire/violation.ts'
import { areCommitted, type Keyring } from './keyring.ts'
import type { Mesh, MeshPeer } from './mesh.ts'

export interface RenewingParts {
  readonly crypto: Crypto
  readonly keyring: Keyring
  readonly roster: Roster
  readonly mesh: Mesh
  /** Keys came that this device lacked. */
  readonly learned: () => void
}

export class Renewing {
  readonly #parts: RenewingParts

  constructor(parts: RenewingParts) {
    this.#parts = parts
  }

  /** To be called before links to strangers are closed: whoever is renewed is none. */
  rosterGrew(): void {
    const { roster, keyring, mesh } = this.#parts
    if (roster.hasEnded || !roster.mayAdmit(keyring.device, roster.seq)) return
    const renewed = roster.renewable(keyring.device).map((join) => this.#again(join))
    for (const join of renewed) roster.takeJoin(join)
    if (renewed.length > 0) mesh.sendJoins(renewed)
    for (const peer of mesh.peers.values()) this.linked(peer)
  }

  /** Somebody is linked: a member for whom the newest keys were never wrapped gets them here. */
  linked({ device, link }: MeshPeer): void {
    const { roster, keyring } = this.#parts
    if (device === keyring.device || !this.#lacksKeys(device) || keyring.isBehind(roster)) return
    if (!roster.mayAdmit(keyring.device, roster.seq) || roster.roleOf(device) === undefined) return
    const { epochKeys, admitterKey } = keyring.stored
    link.send({ type: 'roster', ...roster.encoded() })
    link.send({
      type: 'welcome',
      epochKeys: epochKeys.map((key) => key.reveal()),
      admitterKey: roster.mayAdmit(device, roster.seq) ? admitterKey?.reveal() : undefined,
    })
  }

  keysCame({ link }: MeshPeer, { epochKeys, admitterKey }: Extract<Message, { type: 'welcome' }>): void {
    const { crypto, roster, keyring, learned } = this.#parts
    if (!keyring.isBehind(roster)) return // somebody else was faster
    if (!areCommitted(crypto, roster, epochKeys))
      return link.close(violation('forged', 'keys that the roster does not commit to'))
    keyring.update({
      epochKeys: epochKeys.map((key) => new Secret(key.slice())),
      admitterKey: admitterKey && new Secret(admitterKey.slice()),
    })
    learned()
  }

  /** The owner did not know of it when it made the newest keys, and it came in before that. */
  #lacksKeys(device: DeviceId): boolean {
    const { roster } = this.#parts
    const newest = roster.epochAt(roster.seq)
    const record = newest === undefined ? undefined : roster.epochRecord(newest)
    if (record === undefined || record.wraps.some((wrap) => wrap.device === device)) return false
    return roster.wasLeftOut(device)
  }

  #again(join: Join): Join {
    const { crypto, roster, keyring } = this.#parts
    return admit(crypto, roster.session, join, {
      device: keyring.device,
      rosterSeq: roster.seq,
      sign: keyring.sign,
    })
  }
}
