/** How far others hold what this device wrote, kept on its disk: what was acknowledged once is not asked for again. */
import type { Chain } from '../protocol/chain.ts'
import { sharedSeq } from '../protocol/gossip-state.ts'
import type { ChainId } from '../wire/heads.ts'
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

  /** An acknowledgement came. */
  look(): void {
    const { mesh, keyring, books } = this.#parts
    let changed = false
    for (const chain of this.chains()) {
      const seq = sharedSeq(mesh.gossip, chain.id, keyring.device)
      if (this.#shared.get(chain.id) === seq) continue
      this.#shared.set(chain.id, seq)
      changed = true
    }
    if (changed) books.storeShared(this.#shared)
  }
}
