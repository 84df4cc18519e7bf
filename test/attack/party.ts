/**
 * The honest people of an attack: Ada, who owns the session, and Ben, an editor, linked and even; and what they
 * hold to be true whatever happens: same text, nothing pending inside Yjs, each other's keys arriving.
 */
import type { Doc } from 'yjs'
import { encodeStateVector } from 'yjs'
import { toHex } from '../../src/base/bytes.ts'
import type { Environment } from '../../src/session/environment.ts'
import type { Roots, Session } from '../../src/session/public.ts'
import { comesTrue, type Device, type Ground, until } from './ground.ts'
import type { Stage } from './stage.ts'

export const HONEST_TEXT = 'honest words'

export interface Party {
  readonly ada: Session
  readonly ben: Session
  readonly adasDevice: Device
  readonly bensDevice: Device
  /** Violations Ada and Ben were told of: kind, sentence, name. */
  readonly told: string[]
}

export interface PartyOptions {
  /** What Ada's and Ben's devices stand on: where a guard is replaced. */
  readonly honest?: Partial<Environment>
  readonly ada?: Partial<Environment>
  readonly ben?: Partial<Environment>
  readonly roots?: Roots
}

export async function gather(ground: Ground, options: PartyOptions = {}): Promise<Party> {
  const adasDevice = ground.device({ ...options.honest, ...options.ada })
  const bensDevice = ground.device({ ...options.honest, ...options.ben })
  const roots = options.roots ?? { main: 'text' }
  const ada = await adasDevice.api.createSession({ name: 'Ada', roots })
  ada.doc.getText('main').insert(0, HONEST_TEXT)
  const { url } = await ada.invite({ role: 'editor' })
  const ben = await bensDevice.api.joinSession(url, { name: 'Ben' })
  const told: string[] = []
  for (const session of [ada, ben]) {
    session.on('violation', ({ violation, detail, name }) => told.push(`${violation}: ${detail} (${name})`))
  }
  await until('Ada and Ben are even', () => areEven(ada, ben) && ada.status.unshared === 0)
  return { ada, ben, adasDevice, bensDevice, told }
}

export function textOf(session: Session): string {
  return session.doc.getText('main').toString()
}

/** All that Yjs holds: roots, clocks, content, and what waits. Equal before and after an attack that did nothing. */
export function contentOf(doc: Doc): string {
  const { pendingStructs, pendingDs } = doc.store
  const waiting = [pendingStructs === null, pendingDs === null]
  return JSON.stringify([[...doc.share.keys()].sort(), toHex(encodeStateVector(doc)), doc.toJSON(), waiting])
}

/** The document was left as it was, nothing waits, and keys still go both ways within 2 s. */
export async function expectUnharmed(stage: Stage, party: Party, before: string): Promise<void> {
  for (const session of [party.ada, party.ben]) {
    stage.expect(contentOf(session.doc) === before, `${session.me.name}'s document changed`)
  }
  await expectConverging(stage, party)
}

export async function expectConverging(stage: Stage, { ada, ben }: Party): Promise<void> {
  ada.doc.getText('main').insert(0, 'A')
  ben.doc.getText('main').insert(ben.doc.getText('main').length, 'B')
  const isSame = (): boolean => {
    const text = textOf(ada)
    return text === textOf(ben) && text.includes('A') && text.includes('B') && areEven(ada, ben)
  }
  stage.expect(await comesTrue(isSame), 'Ada and Ben no longer converge')
  for (const { doc, me } of [ada, ben]) {
    const { pendingStructs, pendingDs } = doc.store
    stage.expect(pendingStructs === null && pendingDs === null, `Yjs waits for something at ${me.name}'s`)
  }
}

function areEven(ada: Session, ben: Session): boolean {
  return textOf(ada) === textOf(ben) && contentOf(ada.doc) === contentOf(ben.doc)
}
