/**
 * What becomes of applied entries once a removal or a lowered role says that they do not count. Whoever may write
 * vouches for what it had applied in good faith, a moment later and unless somebody else did; everybody else, and
 * the author itself, rebuilds the document without it.
 *
 * Not here: which entries count (protocol/validity.ts), the rebuilding (replica.ts).
 */
import type { DeviceId } from '../base/ids.ts'
import type { Clock, Millis } from '../base/ports.ts'
import { type Chain, entryAt } from '../protocol/chain.ts'
import { lostFrom, maySurvive } from '../protocol/forks.ts'
import { type LogOutput, type LogState, step } from '../protocol/log.ts'
import { type Adopted, encodeAdoption } from '../wire/adoption.ts'
import { type ChainId, chainOf } from '../wire/heads.ts'
import { MAX_ADOPTED_CHAINS } from '../wire/limits.ts'

export interface VouchingParts {
  readonly log: LogState
  readonly clock: Clock
  /** In [0, 1). */
  readonly chance: () => number
  readonly me: DeviceId
  readonly mayWrite: () => boolean
  readonly perform: (outputs: readonly LogOutput[]) => void
  readonly author: (body: Uint8Array) => void
  /** `reenters`: what goes is one's own, and is entered again by who may write. */
  readonly rebuild: (reenters: boolean) => void
  /** What is applied of these chains is about to go out of the document. */
  readonly losing: (chains: readonly ChainId[]) => void
  /** The base itself holds what does not count: everything is asked for anew. */
  readonly dropBase: () => void
}

/** Everybody who may vouch waits this long at most, each by chance, so that one does it for all. */
const VOUCH_WITHIN_MS: Millis = 5_000
/** Whoever cannot vouch for its own base waits until others had the time to. */
const BASE_WAIT_MS: Millis = 3 * VOUCH_WITHIN_MS

export class Vouching {
  readonly #parts: VouchingParts
  #cancel: (() => void) | undefined
  /** What this device will vouch for. */
  readonly #meant = new Set<ChainId>()

  constructor(parts: VouchingParts) {
    this.#parts = parts
  }

  /** More is applied of these chains than counts. */
  voided(chains: readonly ChainId[]): void {
    const { log, mayWrite, perform } = this.#parts
    // it was told a moment ago: by now somebody may have vouched for it
    const left = chains.filter((id) => this.#isTooFar(id))
    const meant = mayWrite() ? left.filter((id) => this.#isWorthVouching(id)) : []
    if (meant.length > 0) {
      for (const id of meant) this.#meant.add(id)
      perform(step(log, { type: 'mean-to-adopt', chains: [...this.#meant] }).outputs)
      this.#wait(this.#parts.chance() * VOUCH_WITHIN_MS)
    }
    this.#rebuildWithout(left.filter((id) => !meant.includes(id)))
    if (this.#baseIsCut()) this.#wait(BASE_WAIT_MS)
  }

  /** Vouches now for what nobody else has vouched for meanwhile. */
  settle(): void {
    this.#cancel?.()
    this.#cancel = undefined
    const { log, mayWrite, author, dropBase } = this.#parts
    this.#meant.clear()
    const { outputs } = step(log, { type: 'mean-to-adopt', chains: [] })
    const left = outputs.flatMap((output) => (output.type === 'voided' ? output.chains : []))
    const ends = mayWrite() ? left.flatMap((id) => this.#endOf(id)).slice(0, MAX_ADOPTED_CHAINS) : []
    if (ends.length > 0) author(encodeAdoption(ends))
    const adopted = new Set(ends.map(chainOf))
    this.#rebuildWithout(left.filter((id) => !adopted.has(id)))
    if (this.#baseIsCut()) dropBase()
  }

  #rebuildWithout(chains: readonly ChainId[]): void {
    if (chains.length === 0) return
    const { log, me, losing, rebuild } = this.#parts
    losing(chains)
    rebuild(chains.every((id) => log.chains.get(id)?.device === me && log.chains.get(id)?.fork === undefined))
  }

  /** More is applied of it than counts. */
  #isTooFar(id: ChainId): boolean {
    const chain = this.#parts.log.chains.get(id)
    return chain !== undefined && chain.applied > chain.validTo
  }

  /** Of two histories only the one that survives; which it is may take a few round trips to find out. */
  #isWorthVouching(id: ChainId): boolean {
    const chain = this.#parts.log.chains.get(id)
    return (
      chain !== undefined &&
      chain.device !== this.#parts.me &&
      isOpen(chain) &&
      chain.applied < lostFrom(chain)
    )
  }

  stop(): void {
    this.#cancel?.()
  }

  #endOf(id: ChainId): readonly Adopted[] {
    const chain = this.#parts.log.chains.get(id)
    if (chain === undefined || chain.device === this.#parts.me || !isOpen(chain)) return []
    const { device, writer, applied: seq } = chain
    if (!maySurvive(chain, seq)) return []
    const last = seq === chain.base ? chain.baseId : entryAt(chain, seq)?.entry.id
    return last === undefined ? [] : [{ device, writer, seq, id: last }]
  }

  #baseIsCut(): boolean {
    return [...this.#parts.log.chains.values()].some((chain) => chain.base > chain.validTo)
  }

  #wait(pause: Millis): void {
    this.#cancel ??= this.#parts.clock.wakeAfter(pause, () => this.settle())
  }
}

/** What a Restart ended nobody vouches for. */
function isOpen({ closedAt }: Chain): boolean {
  return closedAt === Number.POSITIVE_INFINITY
}
