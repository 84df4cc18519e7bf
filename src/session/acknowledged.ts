/** How far others hold what this device wrote, kept on its disk: what was acknowledged once is not asked for again. */
import type { Chain } from '../protocol/chain.ts'
import { sharedSeq } from '../protocol/gossip-state.ts'
import { type ChainId, chainOf } from '../wire/heads.ts'
import type { Acknowledgement } from '../wire/message.ts'
import type { Bookkeeping } from './bookkeeping.ts'
import type { Keyring } from './keyring.ts'
import type { Mesh } from './mesh.ts'
import type { Replica } from './replica.ts'

export interface AcknowledgedParts {
  readonly keyring: Keyring
  readonly replica: Replica
  readonly mesh: Mesh
  readonly books: Bookkeeping
  /** From the disk. */
  readonly shared: ReadonlyMap<ChainId, number>
}

export class Acknowledged {
  readonly #parts: AcknowledgedParts
  readonly #shared: Map<ChainId, number>
  /** What other tabs heard from other devices. */
  readonly #told = new Map<ChainId, number>()

  constructor(parts: AcknowledgedParts) {
    this.#parts = parts
    this.#shared = new Map(parts.shared)
  }

  /** Those of every tab of this device. */
  chains(): readonly Chain[] {
    const { replica, keyring } = this.#parts
    return [...replica.log.chains.values()].filter((chain) => chain.device === keyring.device)
  }

  /** Up to here some other device holds the chain; 0: nothing of it. */
  seqOf(chain: ChainId): number {
    return this.#shared.get(chain) ?? 0
  }

  /** The same as other devices told this tab itself; undefined: none said anything yet. */
  heardOf(chain: ChainId): number | undefined {
    const { mesh, keyring } = this.#parts
    const others = [...mesh.gossip.heldBy.keys()].some((device) => device !== keyring.device)
    return others ? sharedSeq(mesh.gossip, chain, keyring.device) : undefined
  }

  /** Another tab of this device tells what others told it. */
  told(acknowledgements: readonly Acknowledgement[]): void {
    for (const one of acknowledgements) this.#told.set(chainOf(one), one.held)
    this.look()
  }

  /** An acknowledgement came. */
  look(): void {
    let changed = false
    for (const { id } of this.chains()) {
      const heard = this.heardOf(id)
      const told = this.#told.get(id)
      if (heard === undefined && told === undefined) continue
      const seq = Math.max(heard ?? 0, told ?? 0)
      if (this.#shared.get(id) === seq) continue
      this.#shared.set(id, seq)
      changed = true
    }
    if (changed) this.#parts.books.storeShared(this.#shared)
  }
}
