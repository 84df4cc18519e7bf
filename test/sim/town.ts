/** A town of simulated devices around the real relay: one virtual time, one network, one post. */
import { step } from '../../signaling/relay.ts'
import { createRelay } from '../../signaling/relay-state.ts'
import type { Crypto } from '../../src/crypto/crypto.ts'
import { connectThroughRelay, type MemoryRelay } from '../../src/transport/memory-signaling.ts'
import { chanceFrom, Trace } from './chance.ts'
import { remembering, seededCrypto } from './cryptography.ts'
import { SimDevice } from './device.ts'
import type { DiskKind } from './disk.ts'
import { Hand } from './hand.ts'
import { SimNetwork } from './network.ts'
import { inOrder, VirtualTime } from './time.ts'

export class Town {
  readonly time = new VirtualTime()
  readonly trace = new Trace()
  readonly crypto: Crypto
  readonly network: SimNetwork
  readonly relay: MemoryRelay
  /** Whether blobs get lost on their way through the server. */
  readonly post = { isBad: false }
  readonly devices: SimDevice[] = []
  /** Characters that were typed once each, and nobody deletes. */
  readonly signs: string[] = []
  readonly #seed: number

  constructor(real: Crypto, seed: number) {
    this.#seed = seed
    this.crypto = remembering(seededCrypto(real, chanceFrom(seed, 'keys')))
    const { time, trace } = this
    this.network = new SimNetwork({ time, chance: chanceFrom(seed, 'network'), trace })
    const chance = chanceFrom(seed, 'server')
    const state = createRelay({ crypto: this.crypto, seed: chance.bytes(32) })
    this.relay = connectThroughRelay({
      perform: (input) => step(state, input).outputs,
      clock: time,
      random: chance,
      schedule: inOrder(time, () => 2 + chance.below(10)),
      onBytes: (bytes) => trace.add(3, bytes),
    })
  }

  settle(name: string, disk: DiskKind, isHostile: boolean): SimDevice {
    const number = this.devices.length
    const chance = chanceFrom(this.#seed, `hand ${number}`)
    const device = new SimDevice(this, {
      ...{ number, name, disk, seed: this.#seed },
      hand: isHostile ? (self) => new Hand(this.crypto, self, chance) : undefined,
    })
    this.devices.push(device)
    return device
  }
}
