/**
 * Where the others are in this text: read from the session's awareness, moved along with every change of the
 * text, resolved again only when somebody's state changed or could not be resolved before.
 * Not here: drawing (carets.ts) and telling others where I am (own-cursor.ts).
 * Invariants: all positions lie inside the text; a state that says nothing about this text gives nobody.
 */
import { type ChangeDesc, type Extension, Facet, StateEffect, StateField } from '@codemirror/state'
import { type EditorView, ViewPlugin, type ViewUpdate } from '@codemirror/view'
import { fromBase64url } from '../base/bytes.ts'
import type { DeviceId } from '../base/ids.ts'
import { resolvePosition } from '../doc/cursor.ts'
import type { PresenceState, Session } from '../session/public.ts'
import { colorIndex } from './palette.ts'
import { boundText } from './shared-text.ts'

export interface PersonRange {
  readonly anchor: number
  readonly head: number
}

/** One running instance of somebody else, with a cursor in this text. */
export interface Person {
  /** The awareness's number of that instance. */
  readonly client: number
  readonly device: DeviceId
  readonly name: string
  readonly color: number
  readonly ranges: readonly PersonRange[]
}

/** The session whose people are shown. */
export const sessionOf = Facet.define<Session, Session | undefined>({ combine: (given) => given.at(-1) })

export const peopleChanged = StateEffect.define<readonly Person[]>()

export const peopleField = StateField.define<readonly Person[]>({
  create: () => [],
  update(people, transaction) {
    for (const effect of transaction.effects) if (effect.is(peopleChanged)) return effect.value
    return transaction.docChanged ? people.map((person) => moved(person, transaction.changes)) : people
  },
})

function moved(person: Person, changes: ChangeDesc): Person {
  const ranges = person.ranges.map(({ anchor, head }) => ({
    anchor: changes.mapPos(anchor, 1),
    head: changes.mapPos(head, 1),
  }))
  return { ...person, ranges }
}

/** Ranges one person may show here: more are cut, whatever they claim. */
const MAX_RANGES = 64

class PeopleReader {
  readonly #view: EditorView
  readonly #awareness: Session['awareness']
  readonly #rootName: string
  /** The awareness state each entry was read from, and whether all of it could be resolved. */
  readonly #read = new Map<number, { readonly state: PresenceState; readonly complete: boolean }>()
  #scheduled = false
  #alive = true

  constructor(view: EditorView, session: Session, rootName: string) {
    this.#view = view
    this.#awareness = session.awareness
    this.#rootName = rootName
    this.#awareness.on('change', this.#schedule)
    this.#schedule()
  }

  update(update: ViewUpdate): void {
    const waiting = [...this.#read.values()].some(({ complete }) => !complete)
    if (update.docChanged && waiting) this.#schedule()
  }

  destroy(): void {
    this.#alive = false
    this.#awareness.off('change', this.#schedule)
  }

  /** Awareness may change while the view updates, when it must not be dispatched to: so a moment later, once. */
  readonly #schedule = (): void => {
    if (this.#scheduled) return
    this.#scheduled = true
    queueMicrotask(() => {
      this.#scheduled = false
      if (this.#alive) this.#view.dispatch({ effects: peopleChanged.of(this.#people()) })
    })
  }

  #people(): readonly Person[] {
    const before = new Map(this.#view.state.field(peopleField).map((person) => [person.client, person]))
    const states = this.#awareness.getStates() as Map<number, Partial<PresenceState>>
    const people: Person[] = []
    for (const client of [...this.#read.keys()]) if (!states.has(client)) this.#read.delete(client)
    for (const [client, state] of states) {
      if (client === this.#awareness.clientID || !state.user || state.cursor?.root !== this.#rootName)
        continue
      const person = this.#person(client, state as PresenceState, before.get(client))
      if (person) people.push(person)
    }
    return people
  }

  #person(client: number, state: PresenceState, before: Person | undefined): Person | undefined {
    const known = this.#read.get(client)
    if (before && known?.complete && known.state === state) return before
    const given = state.cursor?.ranges.slice(0, MAX_RANGES) ?? []
    const ranges = given.map((range) => this.#range(range)).filter((range) => range !== undefined)
    this.#read.set(client, { state, complete: ranges.length === given.length })
    if (ranges.length === 0 && !before) return undefined
    const { device, name, color } = state.user
    const shown = ranges.length > 0 ? ranges : (before?.ranges ?? [])
    return { client, device, name, color: colorIndex(color), ranges: shown }
  }

  #range({ anchor, head }: { anchor: string; head: string }): PersonRange | undefined {
    const at = this.#position(head)
    if (at === undefined) return undefined
    return { anchor: this.#position(anchor) ?? at, head: at }
  }

  #position(encoded: string): number | undefined {
    const bytes = fromBase64url(encoded)
    const doc = boundText(this.#view)?.doc
    const resolved = bytes && doc ? resolvePosition(doc, bytes) : undefined
    if (!resolved || resolved.root !== this.#rootName) return undefined
    return Math.min(resolved.index, this.#view.state.doc.length)
  }
}

/** Keeps `peopleField` true to the session's awareness. `rootName`: the name of this text in the document. */
export function readPeople(session: Session, rootName: string): Extension {
  return [
    sessionOf.of(session),
    peopleField,
    ViewPlugin.define((view) => new PeopleReader(view, session, rootName)),
  ]
}
