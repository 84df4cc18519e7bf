/** "Hide my address": who asks for it is dialed through the relay alone, whichever way they came into the session. */
import { expect, test } from 'vitest'
import { type Api, apiOver } from '../../src/session/api.ts'
import type { DialOptions } from '../../src/transport/port.ts'
import { type Device, textOf, town, until } from './town.ts'

/** The device's library, and what it asked of its dialer. */
function watched({ environment }: Device): { readonly api: Api; readonly dials: DialOptions[] } {
  const dials: DialOptions[] = []
  const { dialer } = environment
  const dial = (options: DialOptions) => {
    dials.push(options)
    return dialer.dial(options)
  }
  return { api: apiOver(async () => ({ ...environment, dialer: { dial } })), dials }
}

const wishes = (dials: readonly DialOptions[]) => new Set(dials.map(({ relayOnly }) => relayOnly === true))

test('who founds, joins or reopens with relayOnly is never dialed otherwise, and others as before', async () => {
  const place = await town()
  const [ada, ben] = [watched(place.device()), watched(place.device())]
  const adas = await ada.api.createSession({ name: 'Ada', relayOnly: true })
  const { url } = await adas.invite({ role: 'editor' })
  const bens = await ben.api.joinSession(url, { name: 'Ben' })
  expect([wishes(ada.dials), wishes(ben.dials)]).toEqual([new Set([true]), new Set([false])])

  await bens.leave()
  ben.dials.length = 0
  const again = await ben.api.openSession(bens.localId, { relayOnly: true })
  adas.doc.getText('main').insert(0, 'through the relay')
  await until('Ben has the text', () => textOf(again) === 'through the relay')
  expect(wishes(ben.dials)).toEqual(new Set([true]))

  const cleo = watched(place.device())
  const invite = await adas.invite({ role: 'viewer' })
  const invitation = await cleo.api.openInvitation(invite.url, { relayOnly: true })
  const cleos = await invitation.join({ name: 'Cleo' })
  expect(wishes(cleo.dials)).toEqual(new Set([true]))
  await Promise.all([adas.leave(), again.leave(), cleos.leave()])
})
