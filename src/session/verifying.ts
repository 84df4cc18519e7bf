/**
 * Who was verified: the machine of protocol/verification.ts on each link, and what of it this device remembers. A device
 * id is the hash of its keys, so who was verified stays so, and who comes with other keys is somebody else, however
 * they are called.
 * Laws: one comparison a link; what one side calls different is verified on neither; a name alone vouches for nobody.
 *
 * row `verified/<device>` = format u8 | device 16 | ms since 1970 u48 | name then text
 */
import { concat } from '../base/bytes.ts'
import { type Decoded, decode, Malformed, Writer } from '../base/codec.ts'
import type { Emitter } from '../base/emitter.ts'
import { type DeviceId, ID_BYTES, idBytes, idOf } from '../base/ids.ts'
import type { Clock, Millis } from '../base/ports.ts'
import type { Crypto } from '../crypto/crypto.ts'
import type { Emoji } from '../crypto/emoji.ts'
import {
  startVerification,
  step,
  type VerificationInput,
  type VerificationOutput,
  type VerificationSide,
  type VerificationState,
} from '../protocol/verification.ts'
import type { Row } from '../storage/port.ts'
import { MAX_PERSON_NAME_BYTES } from '../wire/limits.ts'
import type { VerificationMessage } from '../wire/verification.ts'
import { ComparisonOver, NotLinked } from './errors.ts'
import type { Journal } from './journal.ts'
import type { Keyring } from './keyring.ts'
import type { Mesh, MeshPeer } from './mesh.ts'
import type { PeerLink } from './peer-link.ts'
import type { People } from './people.ts'
import type { Comparison, SessionEvents } from './public.ts'
import type { Replica } from './replica.ts'

export interface Verified {
  readonly device: DeviceId
  readonly at: Millis
  /** How they were called then. */
  readonly name: string
}

export interface VerifyingParts {
  readonly crypto: Crypto
  readonly clock: Clock
  readonly keyring: Keyring
  readonly journal: Journal
  readonly replica: Replica
  readonly mesh: Mesh
  readonly people: People
  readonly emitter: Emitter<SessionEvents>
  /** From the disk. */
  readonly verified: readonly Verified[]
  /** A mark came or went. */
  readonly changed: () => void
}

interface Run {
  readonly peer: MeshPeer
  state: VerificationState
  /** Callers of `verify` until the emoji are there. */
  waiting: { readonly resolve: (shown: Comparison) => void; readonly reject: (error: Error) => void }[]
}

const FORMAT = 1
const PREFIX = 'verified/'
/** Of the other side to say its part: nobody has to press anything for it. */
const PATIENCE_MS: Millis = 20_000

export class Verifying {
  readonly #parts: VerifyingParts
  readonly #verified: Map<DeviceId, Verified>
  /** By link, as long as there is one: a link that falls silent and speaks again is the same. */
  readonly #runs = new WeakMap<PeerLink, Run>()

  constructor(parts: VerifyingParts) {
    this.#parts = parts
    this.#verified = new Map(parts.verified.map((one) => [one.device, one]))
  }

  isVerified(device: DeviceId): boolean {
    return this.#verified.has(device)
  }

  /** Somebody who is here, has the name of somebody verified, and is another device that nobody compared with. */
  get namesake(): DeviceId | undefined {
    if (this.#verified.size === 0) return undefined
    const { people } = this.#parts
    const names = new Set<string>()
    for (const { device, name } of this.#verified.values())
      for (const one of [name, people.member(device).name]) names.add(folded(one))
    names.delete('')
    const others = people
      .members()
      .filter(({ device, isMe, here }) => here && !isMe && !this.isVerified(device))
    return others.find(({ name }) => names.has(folded(name)))?.device
  }

  /** Resolves when both sides have what they show. @throws NotLinked, ComparisonOver */
  verify(device: DeviceId): Promise<Comparison> {
    const { mesh, people, keyring, clock } = this.#parts
    const peers = [...mesh.peers.values()].filter(
      (peer) => peer.device === device && device !== keyring.device,
    )
    const runs = peers.map((peer) => this.#runOf(peer))
    if (runs.some(({ state }) => state.phase.phase === 'failed')) return Promise.reject(new ComparisonOver())
    const [run] = runs
    if (run === undefined) return Promise.reject(new NotLinked(people.member(device).name))
    let stop = (): void => undefined
    const shown = new Promise<Comparison>((resolve, reject) => {
      stop = clock.wakeAfter(PATIENCE_MS, () => reject(new NotLinked(people.member(device).name)))
      run.waiting.push({ resolve, reject })
      this.#step(run, { type: 'begin' })
    })
    return shown.finally(stop)
  }

  received(peer: MeshPeer, message: VerificationMessage): void {
    this.#step(this.#runOf(peer), { type: 'received', message })
  }

  unlinked(peer: MeshPeer): void {
    const run = this.#runs.get(peer.link)
    if (run === undefined) return
    const { name } = this.#parts.people.member(peer.device)
    for (const { reject } of run.waiting.splice(0)) reject(new NotLinked(name))
    if (run.state.phase.phase === 'comparing') this.#tell(run, 'broken-off')
  }

  #runOf(peer: MeshPeer): Run {
    const known = this.#runs.get(peer.link)
    if (known !== undefined) return known
    const { crypto, keyring } = this.#parts
    const state = startVerification({
      crypto,
      handshakeHash: peer.link.handshakeHash,
      me: this.#sideOf(keyring.device),
      them: this.#sideOf(peer.device),
    })
    const run: Run = { peer, state, waiting: [] }
    this.#runs.set(peer.link, run)
    return run
  }

  /** A device's two keys: names and colours change. */
  #sideOf(device: DeviceId): VerificationSide {
    const certificate = this.#parts.replica.roster.certificateOf(device)
    const keys = certificate === undefined ? idBytes(device) : concat(certificate.signPk, certificate.dhPk)
    return { device, certificate: keys }
  }

  #step(run: Run, input: VerificationInput): void {
    const { state, outputs } = step(run.state, input)
    run.state = state
    for (const output of outputs) this.#perform(run, output)
  }

  #perform(run: Run, output: VerificationOutput): void {
    const { link } = run.peer
    switch (output.type) {
      case 'send':
        return link.send({ type: 'verification', message: output.message })
      case 'show':
        return this.#show(run, output.emoji)
      case 'verified':
        this.#mark(run.peer.device)
        return this.#tell(run, 'matches')
      case 'failed':
        for (const { reject } of run.waiting.splice(0)) reject(new ComparisonOver())
        this.#unmark(run.peer.device)
        return this.#tell(run, 'differs')
      case 'violated':
        return this.#parts.mesh.fault(output.violation, link.remote)
      default:
        return output satisfies never
    }
  }

  /** On the screen of whoever asked; on the other one as an event. */
  #show(run: Run, emoji: readonly Emoji[]): void {
    const shown: Comparison = {
      member: this.#parts.people.member(run.peer.device),
      emoji,
      answer: (same) => this.#step(run, { type: 'compared', same }),
    }
    if (run.waiting.length === 0) this.#parts.emitter.emit('comparing', shown)
    for (const { resolve } of run.waiting.splice(0)) resolve(shown)
  }

  #mark(device: DeviceId): void {
    const { clock, people, journal, changed } = this.#parts
    const verified: Verified = { device, at: clock.now(), name: people.member(device).name }
    this.#verified.set(device, verified)
    journal.put('keys', `${PREFIX}${device}`, encodeVerified(verified), 'strict')
    changed()
  }

  #unmark(device: DeviceId): void {
    if (!this.#verified.delete(device)) return
    this.#parts.journal.write([{ delete: 'keys', key: `${PREFIX}${device}` }], 'strict')
    this.#parts.changed()
  }

  #tell({ peer }: Run, outcome: SessionEvents['compared']['outcome']): void {
    this.#parts.emitter.emit('compared', { member: this.#parts.people.member(peer.device), outcome })
  }
}

/** Names that a person reads as one. Letters that only look alike are not. */
function folded(name: string): string {
  return name.normalize('NFKC').toLowerCase().replace(/\s+/g, ' ').trim()
}

export function encodeVerified({ device, at, name }: Verified): Uint8Array {
  return new Writer().u8(FORMAT).fixed(idBytes(device)).u48(at).text(name).finish()
}

export function decodeVerified(bytes: Uint8Array): Decoded<Verified> {
  return decode(bytes, (reader) => {
    if (reader.u8() !== FORMAT) throw new Malformed('stored by another version')
    const device = idOf<DeviceId>(reader.fixed(ID_BYTES.device))
    return { device, at: reader.u48(), name: reader.text(MAX_PERSON_NAME_BYTES) }
  })
}

/** Of all rows of keys those that tell of somebody verified. */
export function verifiedIn(rows: readonly Row[]): readonly Verified[] {
  return rows.flatMap(({ key, value }) => {
    const read = key.startsWith(PREFIX) ? decodeVerified(value) : undefined
    return read?.ok === true && key === `${PREFIX}${read.value.device}` ? [read.value] : []
  })
}
