/**
 * The frame: shows the text or a screen, as the page's state says, and answers what parts and keys ask for.
 * Not here: what those things do (page.ts, editor, files).
 */
import { colorOf } from '../src/editor/index.ts'
import type { Comparison, Member } from '../src/index.ts'
import type { TextEditor } from './editor/text-editor.ts'
import { chooseFile, downloadText, readTextFile } from './files.ts'
import type { Page, ToastWish } from './page.ts'
import type { FollowRequest } from './parts/avatars.ts'
import type { Bar } from './parts/bar.ts'
import type { Door } from './parts/door.ts'
import type { MenuCommand } from './parts/menu-panel.ts'
import type { Notice } from './parts/notice.ts'
import type { Toasts } from './parts/toasts.ts'
import type { Remedy } from './problem-text.ts'
import { applyTheme, type Settings, writeSettings } from './settings.ts'
import { strings } from './strings.ts'

/** An element of the page. @throws TypeError when index.html has lost it */
export function part<Part extends HTMLElement>(selector: string): Part {
  const found = document.querySelector<Part>(selector)
  if (!found) throw new TypeError(`index.html has no ${selector}`)
  return found
}

/** Loads every screen. Called in idle time; who needs one before that waits for it. */
export async function loadScreens(): Promise<void> {
  const { defineScreens } = await import('./screens/screens.ts')
  defineScreens()
}

interface Opening extends HTMLElement {
  open(): Promise<void>
}

export class Shell {
  readonly #page: Page
  readonly #editor: TextEditor
  readonly #bar = part<Bar>('coterie-bar')
  readonly #notice = part<Notice>('coterie-notice')
  readonly #toasts = part<Toasts>('coterie-toasts')
  #settings: Settings

  constructor(page: Page, editor: TextEditor, settings: Settings) {
    this.#page = page
    this.#editor = editor
    this.#settings = settings
    this.#bar.page = page
    this.#bar.settings = settings
    this.#notice.page = page
    part<Door>('coterie-door').page = page
    page.addEventListener('change', () => this.#show())
    page.addEventListener('toast', (event) => {
      const { sentence, topic, action } = (event as CustomEvent<ToastWish>).detail
      this.#toasts.say(sentence, topic, action)
    })
    page.addEventListener('comparing', (event) => this.#compare((event as CustomEvent<Comparison>).detail))
    page.addEventListener('remove-request', (event) =>
      this.#bar.askToRemove((event as CustomEvent<Member['device']>).detail),
    )
    this.#listen()
  }

  get settings(): Settings {
    return this.#settings
  }

  set updateReady(reload: () => void) {
    this.#notice.updateReady = reload
  }

  showFollowed(device: Member['device'] | undefined): void {
    this.#bar.followed = device
    const frame = part('#following')
    const member = this.#page.session?.members.find((one) => one.device === device)
    frame.hidden = member === undefined
    if (!member) return
    const stop = part<HTMLButtonElement>('#following button')
    frame.style.borderColor = colorOf(member.color)
    stop.style.backgroundColor = colorOf(member.color)
    stop.textContent = strings.following(member.name)
  }

  #listen(): void {
    const on = <Detail>(name: string, act: (detail: Detail) => void) =>
      document.body.addEventListener(name, (event) => act((event as CustomEvent<Detail>).detail))
    on<MenuCommand>('command', (command) => this.#command(command))
    on<Remedy>('remedy', (remedy) => this.#remedy(remedy))
    on<Partial<Settings>>('setting', (change) => this.choose(change))
    on<string>('renamed', (name) => this.choose({ name }))
    on<Member['device']>('compare-request', (device) => this.#compare(device))
    on<FollowRequest>('follow-request', (request) => this.#follow(request))
    on('back-to-text', () => this.#editor.focus())
    part('#following button').addEventListener('click', () => this.#editor.stopFollowing())
    document.addEventListener('keydown', (event) => this.#key(event))
    addEventListener('beforeunload', (event) => {
      if (this.#page.wouldLose) event.preventDefault()
    })
  }

  #show(): void {
    const { page } = this
    const title = page.isDraft ? strings.privateDraft : `${page.title} · ${strings.appName}`
    document.title = page.lock.isGuarded ? strings.appName : title
    part('#heading').textContent = page.lock.isLocked ? strings.lock.title : title
    part('#editor').hidden = !page.showsText
    this.#showScreen(!page.showsText)
    this.#editor.nameFile(page.title).catch(reportError)
  }

  get page(): Page {
    return this.#page
  }

  #showScreen(isShown: boolean): void {
    const screen = part('#screen')
    const name = this.#page.state.phase === 'locked' ? 'coterie-lock-screen' : 'coterie-join-card'
    screen.hidden = !isShown
    if (!isShown || screen.firstElementChild?.localName !== name) screen.replaceChildren()
    if (!isShown || screen.firstChild) return
    const card = Object.assign(document.createElement(name), {
      page: this.#page,
      settings: this.#settings,
    })
    screen.append(card)
    loadScreens().catch(reportError)
  }

  #command(command: MenuCommand): void {
    const acts: Readonly<Record<MenuCommand, () => void>> = {
      'new-draft': () => this.#page.newDraft(),
      'open-file': () => this.#attempt(chooseFile().then((file) => file && this.openFile(file))),
      download: () => downloadText(this.#page.title, this.#editor.text),
      join: () => this.#openDialog('coterie-join-dialog'),
      connect: () => this.#openDialog('coterie-connect-dialog'),
      recent: () => this.#openDialog('coterie-recent-sessions'),
      versions: () => this.#openDialog('coterie-versions-dialog'),
      shortcuts: () => this.#openDialog('coterie-shortcut-sheet'),
      passphrase: () => this.#openDialog('coterie-passphrase-dialog'),
    }
    acts[command]()
  }

  #remedy(remedy: Remedy): void {
    const acts: Readonly<Record<Remedy, () => void>> = {
      retry: () => (this.#page.session ? this.#page.retry() : this.#attempt(this.#page.keep())),
      download: () => this.#command('download'),
      'free-space': () => this.#command('recent'),
      update: () => location.reload(),
      people: () => this.#bar.showPeople(),
      versions: () => this.#command('versions'),
      'keep-list': () => this.#attempt(this.#page.session?.heal() ?? Promise.resolve()),
      restart: () => this.#bar.askToRestart(),
      check: () => void open('/check', '_blank', 'noopener'),
    }
    acts[remedy]()
  }

  /** Opens a file: into the text when it is empty, else as a new draft; the open session keeps its copy. */
  async openFile(file: File): Promise<void> {
    const { name, text } = await readTextFile(file)
    if (!this.#editor.isEmpty || !this.#page.canEdit) this.#page.newDraft()
    this.#editor.insert(text)
    this.#page.rename(name)
    this.#editor.focus()
  }

  #openDialog(
    name:
      | 'coterie-connect-dialog'
      | 'coterie-join-dialog'
      | 'coterie-passphrase-dialog'
      | 'coterie-recent-sessions'
      | 'coterie-shortcut-sheet'
      | 'coterie-versions-dialog',
  ): void {
    const there = document.querySelector<Opening>(name)
    const dialog = there ?? (document.createElement(name) as Opening)
    Object.assign(dialog, { page: this.#page })
    if (!there) document.body.append(dialog)
    this.#attempt(loadScreens().then(() => dialog.open()))
  }

  /** With somebody, or what somebody else has begun; one at a time. */
  #compare(what: Member['device'] | Comparison): void {
    document.querySelector('coterie-compare-dialog')?.remove()
    const dialog = document.createElement('coterie-compare-dialog')
    document.body.append(dialog)
    Object.assign(dialog, { page: this.#page, what })
    this.#attempt(loadScreens().then(() => (dialog as unknown as Opening).open()))
  }

  choose(change: Partial<Settings>): void {
    const { hideAddress, name } = this.#settings
    this.#settings = { ...this.#settings, ...change }
    writeSettings(this.#settings)
    if (this.#settings.name !== name) this.#page.lock.keepName(this.#settings.name)
    applyTheme(this.#settings.theme)
    this.#editor.flags = this.#settings.flags
    this.#bar.settings = this.#settings
    if (this.#settings.hideAddress !== hideAddress) this.#page.reopen()
  }

  #follow({ member, once }: FollowRequest): void {
    if (once) {
      if (!this.#editor.jumpTo(member.device)) this.#toasts.say(strings.notFollowable(member.name))
      return
    }
    if (this.#editor.followed === member.device) this.#editor.stopFollowing()
    else this.#editor.follow(member.device)
  }

  #key(event: KeyboardEvent): void {
    const isCommand = event.ctrlKey || event.metaKey
    if (isCommand && event.key.toLowerCase() === 's') {
      event.preventDefault()
      if (this.#page.session && this.#page.status.unsaved === 0) this.#toasts.say(strings.savedAnyway)
    }
    if (event.key === '?' && !isCommand && !isTyping(event)) this.#command('shortcuts')
  }

  #attempt(work: Promise<unknown>): void {
    work.catch((error: Error) => this.#toasts.say(error.message))
  }
}

/** The key was meant as text. */
function isTyping(event: KeyboardEvent): boolean {
  const target = event.composedPath()[0]
  return target instanceof HTMLElement && (target.isContentEditable || target.matches('input, textarea'))
}
