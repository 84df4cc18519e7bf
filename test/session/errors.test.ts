/** Every way in that does not work out ends in an error of its own, in words, and leaves nothing joined. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { concat, EMPTY, fromBase64url, toBase64url, toUtf8 } from '../../src/base/bytes.ts'
import type { Clock } from '../../src/base/ports.ts'
import { type Api, apiOver } from '../../src/session/api.ts'
import type { Environment } from '../../src/session/environment.ts'
import {
  CoterieError,
  InviteExpired,
  InviteMalformed,
  InviteMismatch,
  InviteRevoked,
  InviteUsed,
  NobodyThere,
  NoRoute,
  NotAllowed,
  ProtocolMismatch,
  SessionEnded,
  SessionMissing,
  SignalingUnreachable,
  WebRtcBlocked,
} from '../../src/session/errors.ts'
import type { InviteOptions, Session } from '../../src/session/public.ts'
import type { SignalingConnector } from '../../src/transport/port.ts'
import { decodeInviteLink, encodeInviteLink, type InviteLink } from '../../src/wire/invite-link.ts'
import { PROTOCOL_VERSION } from '../../src/wire/limits.ts'
import { type Town, textOf, town, until, wallClock } from './town.ts'

let place: Town
let ada: Session

beforeEach(async () => {
  place = await town()
  ada = await place.device().api.createSession({ name: 'Ada', title: 'kata' })
  ada.doc.getText('main').insert(0, 'hello')
})

afterEach(async () => {
  await place.leaveAll()
})

/** A person whose seconds are milliseconds, so that patience ends soon. */
const hurried: Clock = {
  now: () => wallClock.now(),
  wakeAfter: (after, wake) => wallClock.wakeAfter(after / 50, wake),
}

function newcomer(change: Partial<Environment> = {}): Api {
  const environment = { ...place.device().environment, ...change }
  return apiOver(async () => environment)
}

async function refused(url: string, change: Partial<Environment> = {}): Promise<unknown> {
  return newcomer(change)
    .joinSession(url, { name: 'Ben' })
    .then(
      () => 'let in',
      (error: unknown) => error,
    )
}

async function linkOf(options: InviteOptions = { role: 'editor' }): Promise<string> {
  const { url } = await ada.invite(options)
  await until('Ada waits', () => ada.status.phase === 'waiting')
  return url
}

function changed(url: string, change: Partial<InviteLink>): string {
  const [origin, fragment = ''] = url.split('#')
  const link = decodeInviteLink(place.crypto, fragment)
  if (link === undefined || link === 'other-version') throw new Error('a link that was made can be read')
  return `${origin}#${encodeInviteLink(place.crypto, { ...link, ...change })}`
}

describe('a link', () => {
  test('that lost its end is malformed', async () => {
    const url = await linkOf()
    for (const broken of [url.slice(0, -3), `${url}x`, url.split('#')[0] ?? '', '#', 'hello'])
      expect(await refused(broken)).toBeInstanceOf(InviteMalformed)
  })

  test('with a character changed is malformed, wherever it is', async () => {
    const url = await linkOf()
    for (let at = url.indexOf('#') + 4; at < url.length; at += 7) {
      const other = url[at] === 'A' ? 'B' : 'A'
      const error = await refused(url.slice(0, at) + other + url.slice(at + 1))
      expect(error).toBeInstanceOf(InviteMalformed)
    }
  })

  test('of another version of the protocol says so', async () => {
    const url = await linkOf()
    const inside = (fromBase64url(url.slice(url.indexOf('#') + 1)) ?? EMPTY).slice(0, -4)
    inside[0] = PROTOCOL_VERSION + 1
    const checksum = place.crypto.hash(16, toUtf8('coterie/1/link'), inside).subarray(0, 4)
    const newer = `https://town.example/#${toBase64url(concat(inside, checksum))}`
    expect(await refused(newer)).toBeInstanceOf(ProtocolMismatch)
  })

  test('that names another session than answers does not match', async () => {
    const url = changed(await linkOf(), { session: '00'.repeat(16) as InviteLink['session'] })
    expect(await refused(url, { clock: hurried })).toBeInstanceOf(InviteMismatch)
  })

  test('that names a later roster than answers does not match', async () => {
    const url = changed(await linkOf(), { rosterSeq: 99 })
    expect(await refused(url, { clock: hurried })).toBeInstanceOf(InviteMismatch)
  })

  test('that has expired names who can make a new one', async () => {
    const url = await linkOf({ role: 'editor', expiresIn: 1 })
    const error = await refused(url)
    expect(error).toBeInstanceOf(InviteExpired)
    expect(String(error)).toContain('Ada')
  })

  test('for one person is used after one', async () => {
    const url = await linkOf()
    expect(await refused(url)).toBe('let in')
    expect(await refused(url)).toBeInstanceOf(InviteUsed)
    expect(ada.members.length).toBe(2)
  })

  test('that was revoked is no longer valid, and who is in stays in', async () => {
    const url = await linkOf({ role: 'editor', uses: 5 })
    const ben = await newcomer().joinSession(url, { name: 'Ben' })
    const [invite] = ada.invites
    if (invite === undefined) throw new Error('the invite is open')
    await ada.revoke(invite.id)
    expect(await refused(url)).toBeInstanceOf(InviteRevoked)
    expect(ada.invites).toEqual([])
    ben.doc.getText('main').insert(0, 'still here ')
    await until('Ada sees it', () => textOf(ada) === 'still here hello')
    await ben.leave()
  })
})

describe('the way there', () => {
  const saying = (...words: readonly Uint8Array[]): SignalingConnector => ({
    connect(_url, listener) {
      let phase: 'open' | 'closed' = 'open'
      const close = (): void => {
        if (phase === 'open') queueMicrotask(() => listener.closed('closed'))
        phase = 'closed'
      }
      queueMicrotask(() => {
        listener.open()
        for (const word of words) if (phase === 'open') listener.message(word)
      })
      return { send: () => {}, close }
    },
  })

  test('without a server names the host that cannot be reached', async () => {
    const url = await linkOf()
    place.relay.stop()
    const error = await refused(url)
    expect(error).toBeInstanceOf(SignalingUnreachable)
    expect(error).toMatchObject({ host: 'town.example' })
  })

  test('past a server that speaks nonsense is as good as none', async () => {
    const url = await linkOf()
    for (const word of [new Uint8Array(0), new Uint8Array(9), new Uint8Array(100_000).fill(255)])
      expect(await refused(url, { connector: saying(word) })).toBeInstanceOf(SignalingUnreachable)
  })

  test('past a server that says nothing at all is as good as none', async () => {
    const url = await linkOf()
    expect(await refused(url, { connector: saying(), clock: hurried })).toBeInstanceOf(SignalingUnreachable)
  })

  test('to a server whose address is none is told, not thrown', async () => {
    const url = await linkOf()
    const error = await newcomer()
      .joinSession(url, { name: 'Ben', signaling: 'no address' })
      .catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(SignalingUnreachable)
  })

  test('to where nobody is says so after a while', async () => {
    const url = await linkOf()
    await ada.leave()
    expect(await refused(url, { clock: hurried })).toBeInstanceOf(NobodyThere)
  })

  test('that the networks do not allow says so', async () => {
    const url = await linkOf()
    place.network.interfere({ noRoute: true })
    expect(await refused(url, { clock: hurried })).toBeInstanceOf(NoRoute)
  })

  test('that the browser blocks says so at once', async () => {
    const url = await linkOf()
    const dialer: Environment['dialer'] = {
      dial: ({ onFailed }) => {
        queueMicrotask(() => onFailed('webrtc-blocked', 'not here'))
        return { signal: () => {}, abort: () => {} }
      },
    }
    expect(await refused(url, { dialer })).toBeInstanceOf(WebRtcBlocked)
  })

  test('past somebody who swaps the fingerprints fails, and nobody has joined', async () => {
    const url = await linkOf()
    place.network.interfere({ swapFingerprints: true })
    expect(await refused(url, { clock: hurried })).toBeInstanceOf(CoterieError)
    expect(ada.members.length).toBe(1)
  })
})

describe('what one may not', () => {
  test('inviting and revoking are the owner’s', async () => {
    const ben = await newcomer().joinSession(await linkOf(), { name: 'Ben' })
    await expect(ben.invite({ role: 'viewer' })).rejects.toThrow(NotAllowed)
    await expect(ben.revoke(ada.me.device as never)).rejects.toThrow(NotAllowed)
    await ben.leave()
  })

  test('a viewer names no session', async () => {
    const vic = await newcomer().joinSession(await linkOf({ role: 'viewer' }), { name: 'Vic' })
    expect(() => vic.setTitle('mine')).toThrow(NotAllowed)
    await vic.leave()
  })

  test('nothing is invited to a session that was left', async () => {
    await ada.leave()
    await expect(ada.invite({ role: 'editor' })).rejects.toThrow(SessionEnded)
  })

  test('a session that is not here cannot be opened', async () => {
    await expect(newcomer().openSession('0123456789abcdef')).rejects.toThrow(SessionMissing)
  })

  test("a root by the session's own name is refused with the remedy", async () => {
    const error = await newcomer()
      .createSession({ name: 'Ada', roots: { coterie: 'map' } })
      .catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(CoterieError)
    expect(String(error)).toContain('name yours differently')
  })
})
