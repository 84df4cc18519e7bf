/**
 * The composition root: puts editor, page and shell together. The editor takes keys before anything else has
 * loaded; the library, the panels and the service worker follow when the page is idle.
 */
import { DeviceLock } from './device-lock.ts'
import { ROOT, TextEditor } from './editor/text-editor.ts'
import { whenIdle } from './engine.ts'
import { registerOffline } from './offline.ts'
import { Page } from './page.ts'
import type { Desk } from './page-state.ts'
import { loadPanels } from './parts/bar.ts'
import { defineFrame } from './parts/frame.ts'
import { takeRoute } from './route.ts'
import { readSettings } from './settings.ts'
import { loadScreens, part, Shell } from './shell.ts'
import { strings } from './strings.ts'

function start(): void {
  defineFrame()
  const settings = readSettings()
  const lock = new DeviceLock({
    settings: () => shell.settings,
    choose: (change) => shell.choose(change),
    locked: () => page.hide(),
    foundLocked: () => page.askFirst(),
    freed: () => page.unlocked(),
    failed: (error) => page.toast(error.message),
  })
  const page = new Page(() => shell.settings, lock)
  const editor = new TextEditor({
    parent: part('#editor'),
    text: page.draft.getText(ROOT),
    onEdit: () => void page.keep().catch(() => undefined), // the notice says why; the text stays
    onFollow: (device) => shell.showFollowed(device),
  })
  const shell = new Shell(page, editor, settings)
  page.begin(deskOf(editor), takeRoute())
  addEventListener('hashchange', () => page.enter(takeRoute()))
  receiveDrops(editor, shell)
  whenIdle(() => finish(page, editor, shell))
}

/** What the page asks of the editor. */
function deskOf(editor: TextEditor): Desk {
  return {
    get isEmpty() {
      return editor.isEmpty
    },
    hold: () => editor.hold(),
    showDraft: (doc) => editor.showDraft(doc.getText(ROOT)),
    attach: (session) => editor.attach(session),
    follow: (device) => editor.follow(device),
    unfollow: (device) => editor.followed === device && editor.stopFollowing(),
    focus: () => editor.focus(),
    lineOf: (device) => editor.lineOf(device),
  }
}

/**
 * A file dropped into an empty text is opened; into a text with content, CodeMirror inserts it where it fell.
 * Anywhere else it must not take the browser away from the page.
 */
function receiveDrops(editor: TextEditor, shell: Shell): void {
  document.addEventListener('dragover', (event) => event.preventDefault())
  document.addEventListener('drop', (event) => event.preventDefault())
  const open = (event: DragEvent) => {
    const file = event.dataTransfer?.files[0]
    if (!file || !editor.isEmpty) return
    event.preventDefault()
    event.stopPropagation()
    shell.openFile(file).catch((error: Error) => shell.page.toast(error.message))
  }
  part('main').addEventListener('drop', open, { capture: true })
}

/** Everything the first key does not need. */
function finish(page: Page, editor: TextEditor, shell: Shell): void {
  const sayFailure = (error: Error) => page.toast(error.message)
  editor.complete().catch(sayFailure)
  loadPanels().catch(sayFailure)
  loadScreens().catch(sayFailure)
  page.lock.listen()
  const offer = (reload: () => void) => {
    shell.updateReady = reload
  }
  registerOffline(offer).catch(reportError)
}

/** A page without the text: one screen, and nothing of the editor is started. */
function showAlone(name: string, title: string, load: () => Promise<CustomElementConstructor>): void {
  part('coterie-bar').hidden = true
  part('#editor').hidden = true
  document.title = `${title} · ${strings.appName}`
  part('#heading').textContent = title
  const screen = part('#screen')
  screen.hidden = false
  screen.append(document.createElement(name))
  load()
    .then((element) => customElements.define(name, element))
    .catch(reportError)
}

if (location.pathname === '/check') {
  showAlone('coterie-check-page', strings.check.title, () =>
    import('./screens/check-page.ts').then(({ CheckPage }) => CheckPage),
  )
} else if (isSecureContext) start()
else {
  showAlone('coterie-not-secure', strings.notSecure.title, () =>
    import('./screens/not-secure.ts').then(({ NotSecure }) => NotSecure),
  )
}
