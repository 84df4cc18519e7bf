/**
 * Rules of `coterie/codemirror` on real views in a real browser: two documents joined by hand, no network.
 * Not here: the pieces that need no DOM (test/editor).
 */
import { EditorSelection, type Extension } from '@codemirror/state'
import { EditorView } from '@codemirror/view'
import { applyUpdate, Doc, encodeStateAsUpdate } from 'yjs'
import { toBase64url } from '../../src/base/bytes.ts'
import { encodePosition } from '../../src/doc/cursor.ts'
import {
  collaboration,
  follow,
  followedDevice,
  peopleField,
  redo,
  sharedText,
  stopFollowing,
  undo,
} from '../../src/editor/index.ts'
import type { PresenceRange } from '../../src/session/public.ts'
import { FakeSession, member } from '../web/fake-session.ts'
import type { Rule } from './suite.ts'

const BEN = member('Ben', 3)
const BEN_CLIENT = 4_711

function expectEqual<Value>(found: Value, wanted: Value, what: string): void {
  const [one, other] = [JSON.stringify(found), JSON.stringify(wanted)]
  if (one !== other) throw new Error(`${what}: ${one} is not ${other}`)
}

/** Resolves when `holds` does; the suite's deadline breaks the rule otherwise. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => requestAnimationFrame(resolve))
}

const settled = () =>
  new Promise<void>((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve())))

function viewOf(extensions: Extension, height = 240): EditorView {
  const parent = document.createElement('div')
  document.body.replaceChildren(parent)
  const size = EditorView.theme({
    '&': { height: `${height}px`, width: '600px' },
    '.cm-scroller': { overflow: 'auto' },
  })
  return new EditorView({ parent, extensions: [size, extensions] })
}

/** A session whose text holds `content`, its view, and somebody else's copy of the document. */
async function pair(content: string) {
  const session = new FakeSession()
  const text = session.doc.getText('main')
  text.insert(0, content)
  const theirs = new Doc()
  applyUpdate(theirs, encodeStateAsUpdate(session.doc))
  theirs.on('update', (update: Uint8Array) => applyUpdate(session.doc, update, 'remote'))
  session.doc.on('update', (update: Uint8Array, origin) => origin !== 'remote' && applyUpdate(theirs, update))
  const view = viewOf(collaboration(session, text))
  await settled()
  return { session, text, view, theirs: theirs.getText('main') }
}

function putBen(session: FakeSession, ranges: readonly (readonly [number, number])[]): void {
  const text = session.doc.getText('main')
  const at = (index: number) => toBase64url(encodePosition(text, index, 0))
  const told = ranges.map(([anchor, head]): PresenceRange => ({ anchor: at(anchor), head: at(head) }))
  const user = { name: BEN.name, color: BEN.color, role: BEN.role, device: BEN.device }
  session.awareness.states.set(BEN_CLIENT, { user, cursor: { root: 'main', ranges: told } })
  session.awareness.emit('change', [{ added: [], updated: [BEN_CLIENT], removed: [] }, 'test'])
}

const type = (view: EditorView, from: number, insert: string) =>
  view.dispatch({
    changes: { from, insert },
    selection: { anchor: from + insert.length },
    userEvent: 'input.type',
  })

/** The first line of which more than a hair is on screen. */
const firstLineOf = (view: EditorView) =>
  view.state.doc.lineAt(view.lineBlockAtHeight(view.scrollDOM.scrollTop + 4).from).text

const lines = (count: number) => Array.from({ length: count }, (_, line) => `line ${line}`).join('\n')

export const rules: readonly Rule[] = [
  {
    name: 'a view made without its text shows it',
    run: async () => {
      const { view } = await pair('hello')
      expectEqual(view.state.sliceDoc(), 'hello', 'the view')
    },
  },
  {
    name: 'edits go both ways',
    run: async () => {
      const { view, theirs } = await pair('hello')
      type(view, 5, ' you')
      theirs.insert(0, 'Ben: ')
      expectEqual([view.state.sliceDoc(), theirs.toString()], ['Ben: hello you', 'Ben: hello you'], 'both')
    },
  },
  {
    name: 'undo takes back my own edit and leaves theirs',
    run: async () => {
      const { view, theirs } = await pair('x')
      type(view, 1, 'mine')
      theirs.insert(0, 'theirs ')
      undo(view)
      expectEqual(view.state.sliceDoc(), 'theirs x', 'after undo')
      redo(view)
      expectEqual(view.state.sliceDoc(), 'theirs xmine', 'after redo')
    },
  },
  {
    name: 'undo restores the selection and scrolls to it',
    run: async () => {
      const { view } = await pair(lines(300))
      view.dispatch({ selection: EditorSelection.range(0, 4) })
      view.dispatch({ changes: { from: 0, to: 4 }, userEvent: 'delete' })
      view.scrollDOM.scrollTop = 4_000
      await settled()
      undo(view)
      await until(() => view.scrollDOM.scrollTop < 20)
      const { anchor, head } = view.state.selection.main
      expectEqual([anchor, head], [0, 4], 'the selection')
    },
  },
  {
    name: 'an edit from outside never moves my viewport',
    run: async () => {
      const { view, theirs } = await pair(lines(400))
      view.scrollDOM.scrollTop = 3_000
      await settled()
      const seen = firstLineOf(view)
      theirs.insert(0, `${lines(50)}\n`)
      await settled()
      await settled()
      expectEqual(firstLineOf(view), seen, 'the first line on screen')
    },
  },
  {
    name: 'their text and then their caret, in one frame, do not move it either',
    run: async () => {
      const { session, view, theirs } = await pair(lines(400))
      view.scrollDOM.scrollTop = 3_000
      await settled()
      const seen = firstLineOf(view)
      theirs.insert(0, `${lines(50)}\n`)
      putBen(session, [[3, 3]])
      theirs.insert(4, `${lines(5)}\n`)
      await settled()
      await settled()
      expectEqual(firstLineOf(view), seen, 'the first line on screen')
    },
  },
  {
    name: 'text appended while I stand at the end does not move it either',
    run: async () => {
      const { view, theirs } = await pair(lines(400))
      view.scrollDOM.scrollTop = view.scrollDOM.scrollHeight
      await settled()
      const seen = firstLineOf(view)
      theirs.insert(theirs.length, `\n${lines(50)}`)
      await settled()
      await settled()
      expectEqual(firstLineOf(view), seen, 'the first line on screen')
    },
  },
  {
    name: 'the others are drawn as carets and selections that take no click',
    run: async () => {
      const { session, view } = await pair('hello world')
      putBen(session, [[0, 5]])
      await until(() => view.dom.querySelector('.cm-person-caret') !== null)
      await until(() => view.dom.querySelector('.cm-person-selection-3') !== null)
      const caret = view.dom.querySelector('.cm-person-caret')
      expectEqual(caret && getComputedStyle(caret).pointerEvents, 'none', 'the caret')
      expectEqual(view.dom.querySelector('.cm-person-flag-shown')?.textContent, 'Ben', 'the flag')
    },
  },
  {
    name: 'a flag on the first line stands beside or below it, never above',
    run: async () => {
      const { session, view } = await pair('hello\nworld and more')
      putBen(session, [[2, 2]])
      await until(() => view.dom.querySelector('.cm-person-flag') !== null)
      expectEqual(view.dom.querySelector('.cm-person-flag-above'), null, 'a flag above')
    },
  },
  {
    name: 'a person whose state is gone is gone from the text',
    run: async () => {
      const { session, view } = await pair('hello')
      putBen(session, [[1, 1]])
      await until(() => view.dom.querySelector('.cm-person-caret') !== null)
      session.awareness.states.delete(BEN_CLIENT)
      session.awareness.emit('change', [{ added: [], updated: [], removed: [BEN_CLIENT] }, 'test'])
      await until(() => view.dom.querySelector('.cm-person-caret') === null)
    },
  },
  {
    name: 'a caret moves along with text inserted before it',
    run: async () => {
      const { session, view, theirs } = await pair('hello')
      putBen(session, [[5, 5]])
      await until(() => view.state.field(peopleField).length === 1)
      theirs.insert(0, '12345')
      expectEqual(view.state.field(peopleField)[0]?.ranges, [{ anchor: 10, head: 10 }], 'the caret')
    },
  },
  {
    name: 'a caret at text that has not arrived yet shows when it has',
    run: async () => {
      const { session, view } = await pair('hello')
      const ahead = new Doc()
      applyUpdate(ahead, encodeStateAsUpdate(session.doc))
      ahead.getText('main').insert(5, ' world')
      const at = toBase64url(encodePosition(ahead.getText('main'), 8, 0))
      const user = { name: 'Ben', color: 3, role: 'editor', device: BEN.device }
      const cursor = { root: 'main', ranges: [{ anchor: at, head: at }] }
      session.awareness.states.set(BEN_CLIENT, { user, cursor })
      session.awareness.emit('change', [{ added: [BEN_CLIENT], updated: [], removed: [] }, 'test'])
      await settled()
      expectEqual(view.state.field(peopleField), [], 'before the text')
      applyUpdate(session.doc, encodeStateAsUpdate(ahead), 'remote')
      await until(() => view.state.field(peopleField)[0]?.ranges[0]?.head === 8)
    },
  },
  {
    name: 'nonsense in a state draws nothing and throws nothing',
    run: async () => {
      const { session, view } = await pair('hello')
      const user = { name: 'x'.repeat(500), color: 1e9, role: 'editor', device: BEN.device }
      const cursor = { root: 'main', ranges: [{ anchor: '!!', head: 'AAAA' }] }
      session.awareness.states.set(BEN_CLIENT, { user, cursor })
      session.awareness.emit('change', [{ added: [BEN_CLIENT], updated: [], removed: [] }, 'test'])
      await settled()
      expectEqual(view.state.field(peopleField), [], 'people')
    },
  },
  {
    name: 'my cursor is told when it moves, and typing ahead tells nothing',
    run: async () => {
      const { session, view } = await pair('hello\nworld')
      const told: unknown[] = []
      session.awareness.on('update', () => told.push(session.awareness.getLocalState()?.['cursor']))
      view.dispatch({ selection: { anchor: 3 } })
      await until(() => told.length > 0)
      const before = told.length
      for (const [index, letter] of [...'typing'].entries()) {
        type(view, 3 + index, letter)
        await settled()
      }
      view.dispatch({ selection: { anchor: 0, head: 2 } })
      await until(() => told.length > before)
      expectEqual(told.length, before + 1, 'messages for typing and one move')
    },
  },
  {
    name: 'an edit of theirs before my cursor moves it and tells nothing',
    run: async () => {
      const { session, view, theirs } = await pair('hello\nworld')
      let told = 0
      view.dispatch({ selection: { anchor: 8 } })
      await until(() => session.awareness.getLocalState()?.['cursor'] !== undefined)
      await new Promise((resolve) => setTimeout(resolve, 300)) // where it stands has been told, and where it looks from
      session.awareness.on('update', () => told++)
      for (const words of ['one ', 'two ', 'three ']) {
        theirs.insert(0, words)
        await new Promise((resolve) => setTimeout(resolve, 60)) // longer than between two positions
      }
      expectEqual(view.state.selection.main.head, 8 + 'one two three '.length, 'my cursor')
      expectEqual(told, 0, 'messages')
    },
  },
  {
    name: 'a viewer cannot change the text, and may again when the role changes',
    run: async () => {
      const { session, view, theirs } = await pair('hello')
      session.turnInto('viewer')
      type(view, 0, 'no')
      expectEqual([view.state.sliceDoc(), theirs.toString()], ['hello', 'hello'], 'as a viewer')
      theirs.insert(5, '!')
      expectEqual(view.state.sliceDoc(), 'hello!', 'what others write')
      view.focus()
      expectEqual(view.hasFocus, true, 'focus')
      session.turnInto('editor')
      type(view, 0, 'yes ')
      expectEqual(theirs.toString(), 'yes hello!', 'as an editor')
    },
  },
  {
    name: 'a replaced document is bound again, and edits go into it',
    run: async () => {
      const { session, view } = await pair('hello world')
      view.dispatch({ selection: { anchor: 11 } })
      const rebuilt = new Doc()
      rebuilt.getText('main').insert(0, 'hello brave world')
      session.emit('document', rebuilt)
      expectEqual(view.state.sliceDoc(), 'hello brave world', 'the view')
      expectEqual(view.state.selection.main.head, 17, 'the caret')
      type(view, 17, '!')
      expectEqual(rebuilt.getText('main').toString(), 'hello brave world!', 'the new document')
      expectEqual(session.doc.getText('main').toString(), 'hello world', 'the old document')
      undo(view)
      expectEqual(view.state.sliceDoc(), 'hello brave world', 'after undo')
    },
  },
  {
    name: 'following keeps somebody in view until I do something of my own',
    run: async () => {
      const { session, view } = await pair(lines(400))
      follow(view, BEN.device)
      putBen(session, [[view.state.doc.length, view.state.doc.length]])
      await until(() => view.scrollDOM.scrollTop > 1_000)
      type(view, 0, 'own')
      expectEqual(followedDevice(view), undefined, 'after an own edit')
      follow(view, BEN.device)
      expectEqual(stopFollowing(view), true, 'stopping')
      view.scrollDOM.scrollTop = 0
      putBen(session, [[3_000, 3_000]])
      await settled()
      expectEqual(view.scrollDOM.scrollTop, 0, 'the viewport after following')
    },
  },
  {
    name: 'scrolling by wheel ends following, edits of others do not',
    run: async () => {
      const { session, view, theirs } = await pair(lines(100))
      putBen(session, [[5, 5]])
      follow(view, BEN.device)
      theirs.insert(0, 'theirs')
      expectEqual(followedDevice(view), BEN.device, 'after their edit')
      view.scrollDOM.dispatchEvent(new WheelEvent('wheel', { deltaY: 100, bubbles: true }))
      expectEqual(followedDevice(view), undefined, 'after the wheel')
    },
  },
  {
    name: 'a text bound without a session takes edits at once',
    run: () => {
      const doc = new Doc()
      const view = viewOf(sharedText(doc.getText('main')))
      type(view, 0, 'draft')
      expectEqual(doc.getText('main').toString(), 'draft', 'the document')
      undo(view)
      expectEqual(view.state.sliceDoc(), '', 'after undo')
    },
  },
  {
    name: 'a view that is destroyed leaves no listener behind',
    run: async () => {
      const { session, view } = await pair('hello')
      const text = session.doc.getText('main')
      view.destroy()
      text.insert(0, 'later ')
      putBen(session, [[1, 1]])
      session.turnInto('viewer')
      await settled()
      expectEqual(view.state.sliceDoc(), 'hello', 'the view')
    },
  },
]
