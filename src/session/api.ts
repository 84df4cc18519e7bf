/** The functions people call, over whatever environment an entry file composes. Loading it starts with the first call. */
import type { LocalId } from '../storage/port.ts'
import { meansCode } from '../wire/code.ts'
import type { Environment } from './environment.ts'
import { found, open } from './founding.ts'
import { answerOffer } from './hand-answering.ts'
import { knock, readInvite } from './joining.ts'
import { Locking } from './locking.ts'
import type {
  CreateOptions,
  HandAnswer,
  Invitation,
  JoinOptions,
  RecentSession,
  Session,
  SessionOptions,
} from './public.ts'
import { redeem } from './redeeming.ts'
import { decodeCard } from './stored.ts'
import { type Vault, vaultOver } from './vault.ts'

/** While the device is locked whatever opens or begins something throws DeviceLocked. */
export interface Api {
  /** A private draft, only on this device, until `invite`. */
  createSession(options: CreateOptions): Promise<Session>
  /** A link, or a spoken code (`7-walrus-lantern`). Resolves when admitted and the text is there. @throws InviteMalformed,
   *  InviteExpired, CodeMalformed, WrongCode, … (session/errors.ts) */
  joinSession(url: string, options: JoinOptions): Promise<Session>
  /** Knocks, with a link or a spoken code: who invites, to what, as what. Nothing is joined before `join`. */
  openInvitation(url: string, options?: SessionOptions): Promise<Invitation>
  /** An offer that was carried here by hand, with no server: gives the answer to carry back. @throws CarriedTextRefused, … */
  answerOffer(text: string, options?: SessionOptions): Promise<HandAnswer>
  /** One of the sessions on this device. @throws SessionMissing, StorageUnreadable */
  openSession(localId: string, options?: SessionOptions): Promise<Session>
  /** Newest first. */
  listSessions(): Promise<readonly RecentSession[]>
  /** Erases a session that is not open, its key first. */
  forgetSession(localId: string): Promise<void>
  /** The session on this device that this invite link belongs to, if there is one; for a code none. @throws InviteMalformed */
  findSession(url: string): Promise<string | undefined>
  /** The passphrase of this device. */
  readonly vault: Vault
}

export function apiOver(compose: () => Promise<Environment>): Api {
  let composed: Promise<Environment> | undefined
  const environment = (): Promise<Environment> => {
    composed ??= compose().catch((error) => {
      composed = undefined // a failed download may be tried again
      throw error
    })
    return composed
  }
  let lock: Locking | undefined
  const locking = async (): Promise<Locking> => {
    const given = await environment()
    lock ??= new Locking(given)
    return lock
  }
  /** For whoever opens or begins something: what they get is left when the device is locked. */
  const unlocked = async (options: SessionOptions | undefined) => {
    const lock = await locking()
    await lock.requireOpen()
    return { lock, given: asWished(await environment(), options) }
  }
  return {
    async createSession(options) {
      const { lock, given } = await unlocked(options)
      return lock.track(found(given, options))
    },
    async openInvitation(text, options) {
      const { lock, given } = await unlocked(options)
      return lock.watch(await invitation(given, text, options))
    },
    async joinSession(text, { name, ...options }) {
      const { lock, given } = await unlocked(options)
      return lock.watch(await invitation(given, text, options)).join({ name })
    },
    async answerOffer(text, options) {
      const { lock, given } = await unlocked(options)
      const answer = await answerOffer(given, text, options)
      const card = answer.card.then((one) => lock.watch(one))
      card.catch(() => undefined) // whoever gave up on the answer has nobody left to tell
      return { ...answer, card }
    },
    async openSession(localId, options = {}) {
      const { lock, given } = await unlocked(options)
      return lock.track(await open(given, localId as LocalId, options))
    },
    vault: vaultOver(locking),
    listSessions: async () => recent(await environment()),
    async forgetSession(localId) {
      const { store } = await environment()
      await store.forget(localId as LocalId)
    },
    async findSession(url) {
      if (meansCode(url)) return undefined // it says nothing of a session before it was tried
      const given = await environment()
      const { session } = readInvite(given, url)
      for (const { localId, card } of await given.store.list()) {
        const read = card && decodeCard(card)
        if (read?.ok === true && read.value.session === session) return localId
      }
      return undefined
    },
  }
}

/** The card behind a link, or behind a spoken code, which gives a link first. */
async function invitation(
  environment: Environment,
  given: string,
  options: SessionOptions = {},
): Promise<Invitation> {
  if (!meansCode(given)) return knock(environment, given, options)
  const { fragment, signaling } = await redeem(environment, given, options)
  return knock(environment, fragment, { ...options, signaling })
}

/** Relay-only stands in front of the dialer itself, so that no dial of the session can forget it. */
function asWished(environment: Environment, options: SessionOptions | undefined): Environment {
  const { dialer } = environment
  return {
    ...environment,
    origin: options?.origin ?? environment.origin,
    // nobody can relay what no server knows of
    handDialer: options?.relayOnly === true ? undefined : environment.handDialer,
    dialer:
      options?.relayOnly === true ? { dial: (dial) => dialer.dial({ ...dial, relayOnly: true }) } : dialer,
  }
}

async function recent({ store }: Environment): Promise<readonly RecentSession[]> {
  const rows = (await store.list()).map(({ localId, card }): RecentSession => {
    const read = card && decodeCard(card)
    if (read?.ok !== true)
      return {
        localId,
        title: undefined,
        role: undefined,
        shared: false,
        openedAt: undefined,
        unreadable: true,
      }
    const { title, role, shared, openedAt } = read.value
    return { localId, title, role, shared, openedAt, unreadable: false }
  })
  return rows.sort((a, b) => (b.openedAt ?? 0) - (a.openedAt ?? 0))
}
