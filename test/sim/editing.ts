/** What people do to the text, title and their own names, in places and words a salt draws. */
import type { LiveSession } from '../../src/session/live-session.ts'
import { type Chance, chanceFrom } from './chance.ts'
import type { SimDevice } from './device.ts'
import type { Edit } from './script.ts'
import type { Town } from './town.ts'

export interface Editing {
  readonly town: Town
  readonly device: SimDevice
  readonly session: LiveSession
  readonly edit: Edit
  readonly salt: number
}

export function performEdit(editing: Editing): void {
  const { device, session, edit, salt } = editing
  const chance = chanceFrom(salt)
  switch (edit) {
    case 'words':
      return writeWith(session, `${device.name} ${chance.below(1_000)}. `, chance)
    case 'burst':
      return burst(editing, chance)
    case 'paste':
      return writeWith(session, 'a paste of some length. '.repeat(900), chance)
    case 'flood':
      return writeWith(session, String(chance.below(10)).repeat(270_000), chance)
    case 'title':
      if (session.canEdit) session.setTitle(`title ${chance.below(1_000)}`)
      return
    case 'profile':
      return session.setProfile({ name: `${device.name} ${chance.below(100)}`, color: chance.below(12) })
    case 'checkpoint':
      if (session.canEdit) session.replica.checkpoints.make()
      return
    case 'sign':
      return sign(editing, chance)
    case 'restart':
      // the session may be left before the record is on the disk
      if (session.me.role === 'owner') session.restart().catch(() => undefined)
      return
    default:
      return edit satisfies never
  }
}

export function write(session: LiveSession, words: string, salt: number): void {
  writeWith(session, words, chanceFrom(salt))
}

/** Puts text somewhere; once in a while in place of some that was there. */
function writeWith(session: LiveSession, words: string, chance: Chance): void {
  const text = session.doc.getText('main')
  const at = chance.below(text.length + 1)
  const replaced = chance.oneIn(3) ? Math.min(text.length - at, chance.below(20)) : 0
  session.doc.transact(() => {
    text.delete(at, replaced)
    text.insert(at, words)
  })
}

/** Far above everything else that is typed. */
const FIRST_SIGN = 0x4e00

function sign({ town, session }: Editing, chance: Chance): void {
  if (!session.canEdit) return
  const text = session.doc.getText('main')
  const character = String.fromCodePoint(FIRST_SIGN + town.signs.length)
  town.signs.push(character)
  text.insert(chance.below(text.length + 1), character)
}

function burst({ town, device, session }: Editing, chance: Chance): void {
  for (let key = 0; key < 12; key++) {
    const site = device.site
    town.time.wakeAfter(key * 20, () => {
      if (device.session !== session) return
      site?.run(() => writeWith(session, chance.pick(['a', 'é', '🦊', '\n']), chance))
    })
  }
}
