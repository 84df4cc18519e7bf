/**
 * A store that forgets when the page goes: for tests, and for pages without a secure context.
 * Nothing is sealed, since nothing leaves memory. Values are copied in and out, as a disk would do.
 */
import { assert } from '../base/assert.ts'
import { SessionExists, SessionForgotten } from './errors.ts'
import { isLocalId, newLocalId } from './localid.ts'
import type { Change, LocalId, SessionStore, Store, Table } from './port.ts'

/** Table, then key, then value. */
type Tables = Map<Table, Map<string, Uint8Array>>

export function createMemoryStore(): Store {
  const sessions = new Map<LocalId, Tables>()
  const openSession = (localId: LocalId): SessionStore => createSession(sessions, localId)
  return {
    kind: 'memory',
    async list() {
      const ids = [...sessions.keys()].sort()
      return ids.map((localId) => ({
        localId,
        card: sessions.get(localId)?.get('card')?.get('card')?.slice(),
      }))
    },
    async create(localId = newLocalId((length) => crypto.getRandomValues(new Uint8Array(length)))) {
      assert(isLocalId(localId), 'a session is named by a local id')
      if (sessions.has(localId)) throw new SessionExists()
      sessions.set(localId, new Map())
      return openSession(localId)
    },
    async open(localId) {
      return sessions.has(localId) ? openSession(localId) : undefined
    },
    async forget(localId) {
      sessions.delete(localId)
    },
    async close() {},
  }
}

function createSession(sessions: ReadonlyMap<LocalId, Tables>, localId: LocalId): SessionStore {
  let phase: 'open' | 'closed' = 'open'
  return {
    localId,
    async read(table, prefix = '') {
      assert(phase === 'open', 'nobody reads a session they have closed')
      const rows = [...(sessions.get(localId)?.get(table) ?? [])]
        .filter(([key]) => key.startsWith(prefix))
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, value]) => ({ key, value: value.slice() }))
      return { rows, broken: [] }
    },
    async write(changes) {
      assert(phase === 'open', 'nobody writes to a session they have closed')
      const tables = sessions.get(localId)
      if (tables === undefined) throw new SessionForgotten()
      for (const change of changes) perform(tables, change)
    },
    async close() {
      phase = 'closed'
    },
  }
}

function perform(tables: Tables, change: Change): void {
  if ('delete' in change) {
    tables.get(change.delete)?.delete(change.key)
    return
  }
  const rows = tables.get(change.put) ?? new Map<string, Uint8Array>()
  tables.set(change.put, rows)
  rows.set(change.key, change.value.slice())
}
