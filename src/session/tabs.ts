/**
 * Tabs of one browser that have the same session open: each pair is linked through the browser itself, so a
 * draft in two tabs is one text, with or without a server. The link on top is an ordinary one: handshake and
 * seal as over the network, so another site's script that could post here gets nowhere.
 *
 * note = kind u8 | from 8 | to 8 (zeros: everybody) | payload of data
 */
import { EMPTY } from '../base/bytes.ts'
import { decode, Malformed, Writer } from '../base/codec.ts'
import { ID_BYTES, type InstanceId, idBytes, idOf } from '../base/ids.ts'
import type { Crypto } from '../crypto/crypto.ts'
import type { Channel, ChannelListener, TabGroup, TabPort } from '../transport/port.ts'
import { MAX_RECORD_BYTES } from '../wire/limits.ts'

export interface TabsParts {
  readonly crypto: Crypto
  readonly port: TabPort
  /** Same for all tabs of this browser with this session, and for nobody else. */
  readonly name: string
  readonly me: InstanceId
  readonly opened: (channel: Channel, other: InstanceId, initiator: boolean) => void
}

type Kind = 'here' | 'data' | 'gone'

interface Note {
  readonly kind: Kind
  readonly from: InstanceId
  readonly to: InstanceId
  readonly payload: Uint8Array
}

const KINDS: readonly Kind[] = ['here', 'data', 'gone']
const EVERYBODY = '0'.repeat(16) as InstanceId
/** Tabs of one session at once. */
const MAX_TABS = 32

export class Tabs {
  readonly #parts: TabsParts
  readonly #group: TabGroup
  readonly #channels = new Map<InstanceId, TabChannel>()

  constructor(parts: TabsParts) {
    this.#parts = parts
    this.#group = parts.port.join(parts.name, (bytes) => this.#received(bytes))
    this.#post('here', EVERYBODY)
  }

  stop(): void {
    for (const channel of [...this.#channels.values()]) channel.close()
    this.#group.close()
  }

  #post(kind: Kind, to: InstanceId, payload: Uint8Array = EMPTY): void {
    const writer = new Writer().u8(KINDS.indexOf(kind)).fixed(idBytes(this.#parts.me)).fixed(idBytes(to))
    this.#group.post(writer.fixed(payload).finish())
  }

  #received(bytes: Uint8Array): void {
    const read = decode(bytes, (reader): Note => {
      const kind = KINDS[reader.u8()]
      if (kind === undefined) throw new Malformed('unknown kind of note')
      const from = idOf<InstanceId>(reader.fixed(ID_BYTES.instance))
      const to = idOf<InstanceId>(reader.fixed(ID_BYTES.instance))
      return { kind, from, to, payload: reader.rest() }
    })
    if (!read.ok || (read.value.to !== this.#parts.me && read.value.to !== EVERYBODY)) return
    this.#noted(read.value)
  }

  #noted({ kind, from, to, payload }: Note): void {
    switch (kind) {
      case 'here':
        if (to === EVERYBODY) this.#post('here', from)
        this.#open(from)
        return
      case 'data':
        this.#channels.get(from)?.receive(payload)
        return
      case 'gone':
        this.#channels.get(from)?.end('the other tab is gone')
        return
      default:
        return kind satisfies never
    }
  }

  #open(other: InstanceId): void {
    if (this.#channels.has(other) || this.#channels.size >= MAX_TABS) return
    const { crypto, me } = this.#parts
    const channel = new TabChannel({
      localFingerprint: crypto.hash(32, idBytes(me)),
      remoteFingerprint: crypto.hash(32, idBytes(other)),
      post: (payload) => this.#post('data', other, payload),
      over: () => {
        this.#channels.delete(other)
        this.#post('gone', other)
      },
    })
    this.#channels.set(other, channel)
    this.#parts.opened(channel, other, me > other)
  }
}

interface TabChannelParts {
  readonly localFingerprint: Uint8Array
  readonly remoteFingerprint: Uint8Array
  readonly post: (payload: Uint8Array) => void
  readonly over: () => void
}

/** Never full: what is posted has left. */
class TabChannel implements Channel {
  readonly localFingerprint: Uint8Array
  readonly remoteFingerprint: Uint8Array
  readonly maxMessageBytes = MAX_RECORD_BYTES
  readonly bufferedBytes = 0
  readonly #parts: TabChannelParts
  #listener: ChannelListener | undefined
  #early: Uint8Array[] = []
  #phase: 'open' | 'closed' = 'open'

  constructor(parts: TabChannelParts) {
    this.#parts = parts
    this.localFingerprint = parts.localFingerprint
    this.remoteFingerprint = parts.remoteFingerprint
  }

  send(message: Uint8Array): void {
    if (this.#phase === 'open') this.#parts.post(message)
  }

  wakeBelow(): void {
    queueMicrotask(() => {
      if (this.#phase === 'open') this.#listener?.drained()
    })
  }

  listen(listener: ChannelListener): void {
    this.#listener = listener
    for (const message of this.#early.splice(0)) listener.message(message)
  }

  close(): void {
    this.end('closed here')
  }

  async route(): Promise<'direct'> {
    return 'direct'
  }

  receive(message: Uint8Array): void {
    if (this.#phase === 'closed') return
    if (this.#listener === undefined) this.#early.push(message)
    else this.#listener.message(message)
  }

  end(reason: string): void {
    if (this.#phase === 'closed') return
    this.#phase = 'closed'
    this.#parts.over()
    queueMicrotask(() => this.#listener?.closed(reason))
  }
}
