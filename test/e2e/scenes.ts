/** What `npm run shots` takes pictures of: each scene leads the story page from its address to what is shown. */
import type { Page } from 'puppeteer-core'
import type { SessionStatus } from '../../src/session/public.ts'
import type { story as Story } from '../web/fake-engine.ts'
import { getByRole, getByText, pressKey } from './browsers.ts'

export interface Scene {
  readonly name: string
  /** What follows the origin and its slash. */
  readonly path: string
  play(page: Page): Promise<void>
}

declare const story: typeof Story

const SESSION = '#s=0123456789abcdef'
const INVITE = '#Vv3kZ0h2YbQx81LmT4pA'

const STATUSES: Readonly<Record<string, Partial<SessionStatus>>> = {
  waiting: { phase: 'waiting', peers: 0 },
  connecting: { phase: 'connecting', peers: 0, connectingTo: 'Ben' },
  synced: { phase: 'synced', peers: 2 },
  syncing: { phase: 'syncing', peers: 1, bytesLeft: 75_000 },
  unshared: { phase: 'synced', peers: 1, unshared: 3, oldestUnsharedAt: -2_000 },
  alarm: { phase: 'synced', peers: 1, unshared: 3, oldestUnsharedAt: -20_000 },
  offline: { phase: 'offline', peers: 0 },
  'only-you': { phase: 'waiting', peers: 0, unshared: 12, oldestUnsharedAt: -20_000 },
}

const PROBLEMS: Readonly<Record<string, NonNullable<SessionStatus['problem']>>> = {
  unreachable: { kind: 'signaling-unreachable', host: 'example.org' },
  'no-route': { kind: 'no-route', name: 'Ben' },
  blocked: { kind: 'webrtc-blocked' },
  mismatch: { kind: 'protocol-mismatch', name: 'Ben' },
  full: { kind: 'storage-full' },
  large: { kind: 'too-large' },
  fork: { kind: 'fork', name: 'Ben', mayDecide: true },
  diverged: { kind: 'diverged', name: 'Ben', mayDecide: true },
  'roster-fork': { kind: 'roster-fork', name: 'Ada', mayDecide: true },
  'not-stored': { kind: 'not-stored' },
}

async function click(page: Page, role: string, name: string): Promise<void> {
  const button = await getByRole(page, role, name)
  await button.click()
}

/** Thirty viewers and two who write, reached in every way there is; some are idle, away or not here. */
async function fill(page: Page): Promise<void> {
  await getByRole(page, 'textbox', 'Text')
  await page.evaluate(() => {
    const session = story.session
    if (!session) throw new Error('no session is open')
    const viewer = (n: number) =>
      story.member(`Viewer ${n + 1}`, (n * 5) % 12, { role: 'viewer', here: n < 28 })
    const ben = story.member('Ben', 3)
    const viewers = Array.from({ length: 30 }, (_, n) => viewer(n))
    session.gather([ben, ...viewers])
    session.link(ben, 'direct', 23.6)
    for (const [n, one] of viewers.slice(0, 5).entries())
      session.link(one, n === 2 ? 'relay' : 'direct', 18 + n * 31)
    session.placeCaret(ben, 120)
    for (const [n, one] of viewers.slice(0, 9).entries()) {
      const attention = n % 4 === 1 ? { idle: true } : n % 4 === 3 ? { idle: true, away: true } : {}
      session.placeCaret(one, n * 31, 0, attention)
    }
    session.become({ peers: 29 })
  })
}

/** An open session with Ben and Eve, their carets in the text. */
async function gather(page: Page, names: readonly string[] = ['Ben', 'Eve Adams']): Promise<void> {
  await getByRole(page, 'textbox', 'Text')
  await page.evaluate((given) => {
    const session = story.session
    if (!session) throw new Error('no session is open')
    session.gather(given.map((name, index) => story.member(name, (index * 5 + 3) % 12)))
    for (const [index, one] of session.members.entries()) {
      if (!one.isMe) session.placeCaret(one, 70 + index * 47, index === 1 ? 14 : 0)
    }
    session.become({ peers: given.length })
  }, names)
}

/** The share popover of a draft, once the server has answered or not. */
async function share(page: Page, phase: SessionStatus['phase'] = 'waiting'): Promise<void> {
  await getByRole(page, 'textbox', 'Text')
  await page.keyboard.type('hello')
  await click(page, 'button', 'Share')
  await page.waitForFunction(() => (story.session?.invites.length ?? 0) > 0)
  await page.evaluate((given) => story.session?.become({ phase: given, peers: 0 }), phase)
}

/** Loaded anew, as a device with a passphrase is; forgotten again by the next page that loads. */
async function lockPage(page: Page): Promise<void> {
  await page.evaluate(() => {
    for (const key of ['coterie.guarded', 'story.locked']) localStorage.setItem(key, '1')
  })
  await page.reload()
  await getByRole(page, 'button', 'Unlock')
  await page.evaluate(() => localStorage.removeItem('coterie.guarded'))
}

async function connect(page: Page): Promise<void> {
  await click(page, 'button', 'Menu')
  await click(page, 'button', 'Connect without a server…')
  await getByRole(page, 'button', 'I was given an offer')
}

async function typeCode(page: Page, text: string): Promise<void> {
  await click(page, 'button', 'Menu')
  await click(page, 'button', 'Join with a code or link…')
  await getByRole(page, 'textbox', 'Code or link')
  await page.keyboard.type(text)
}

/** The dialog of versions, with the one open that holds text which counts no more. */
async function openVersions(page: Page): Promise<void> {
  await gather(page)
  await page.evaluate(() => {
    const { session } = story
    if (!session) throw new Error('no session is open')
    const hour = 3_600_000
    const kept = [
      ['unshared', undefined, 0.2],
      ['start', undefined, 3],
      ['named', 'Before we took the parser apart', 26],
      ['merge', undefined, 50],
      ['end', undefined, 75],
    ] as const
    session.versions.all = kept.map(([why, name, ago], index) => ({
      ...{ id: `${index}` as never, why, name, by: index === 3 ? 'Eve Adams' : 'Ada', length: 900 },
      at: Date.now() - ago * hour,
    }))
    const lines = (word: string, count: number) =>
      Array.from({ length: count }, (_, n) => `  ${word}(${n})\n`).join('')
    session.versions.comparison = [
      {
        root: 'main',
        parts: [
          { of: 'both', text: lines('prepare', 12) },
          { of: 'before', text: 'const answer = 41\n' },
          { of: 'after', text: 'const answer = 42\nconst question = undefined\n' },
          { of: 'both', text: lines('explain', 30) },
        ],
      },
    ]
  })
  await click(page, 'button', 'Menu')
  await click(page, 'button', 'Versions…')
  await getByText(page, 'Text that was not shared').then((row) => row.click())
  await getByRole(page, 'group', 'What has changed since')
}

function statusScene([name, status]: readonly [string, Partial<SessionStatus>]): Scene {
  return {
    name: `status-${name}`,
    path: SESSION,
    play: async (page) => {
      await gather(page)
      await page.evaluate((given) => {
        const { oldestUnsharedAt: ago, ...rest } = given
        story.session?.become({
          ...rest,
          ...(ago === undefined ? {} : { oldestUnsharedAt: Date.now() + ago }),
        })
      }, status)
    },
  }
}

function problemScene([name, problem]: readonly [string, NonNullable<SessionStatus['problem']>]): Scene {
  return {
    name: `problem-${name}`,
    path: SESSION,
    play: async (page) => {
      await gather(page)
      const phase = problem.kind === 'diverged' ? 'syncing' : 'synced'
      await page.evaluate((state) => story.session?.become(state), { problem, phase, peers: 2 } as const)
    },
  }
}

export const SCENES: readonly Scene[] = [
  { name: 'draft-empty', path: '', play: async (page) => void (await getByRole(page, 'button', 'Share')) },
  {
    name: 'draft-typed',
    path: '',
    play: async (page) => {
      await getByRole(page, 'textbox', 'Text')
      await page.keyboard.type('# Notes\n\n- one thing\n- another\n')
    },
  },
  { name: 'versions', path: SESSION, play: openVersions },
  {
    name: 'share-edit',
    path: '',
    play: async (page) => {
      await share(page)
      await getByRole(page, 'group', 'Spoken code')
    },
  },
  {
    name: 'share-links',
    path: '',
    play: async (page) => {
      await share(page)
      await page.evaluate(() => {
        const { session } = story
        const use = session?.inviteUses[0]
        if (!session || !use) return
        const people = ['Ben', 'Cyd', 'Dora'].map((name) => ({ ...story.member(name, 3) }))
        session.inviteUses = [
          { ...use, usedBy: people.slice(0, 1) },
          { ...use, id: `${use.id}-used` as typeof use.id, state: 'used-up', usedBy: people.slice(1) },
        ]
        session.emit('members', session.members)
      })
      await getByRole(page, 'list', 'Used links')
    },
  },
  {
    name: 'share-view',
    path: '',
    play: async (page) => {
      await click(page, 'button', 'Share')
      await click(page, 'radio', 'Can view')
    },
  },
  {
    name: 'share-code-wrong',
    path: '',
    play: async (page) => {
      await share(page)
      await getByRole(page, 'group', 'Spoken code')
      await page.evaluate(() => {
        const invite = story.session?.invites[0]?.id
        if (invite) story.session?.emit('code', { invite, code: '7-walrus-lantern', outcome: 'wrong' })
      })
      await getByRole(page, 'button', 'New code')
    },
  },
  {
    name: 'share-code-waiting',
    path: '',
    play: async (page) => {
      await share(page, 'offline')
      await getByText(page, 'A code to read aloud comes once the server answers.')
    },
  },
  { name: 'hand', path: '', play: (page) => connect(page) },
  {
    name: 'hand-offer',
    path: '',
    play: async (page) => {
      await connect(page)
      await click(page, 'button', 'Invite somebody')
      await getByRole(page, 'textbox', 'Your offer')
      await click(page, 'button', 'Connect')
      await getByText(page, 'This text is incomplete. Copy all of it.')
    },
  },
  {
    name: 'hand-answer',
    path: '',
    play: async (page) => {
      await connect(page)
      await click(page, 'button', 'I was given an offer')
      await click(page, 'button', 'Make the answer')
      await getByRole(page, 'textbox', 'Your answer')
    },
  },
  { name: 'join-dialog', path: '', play: (page) => typeCode(page, '') },
  { name: 'join-dialog-slip', path: '', play: (page) => typeCode(page, '7-walrsu-lantern') },
  {
    name: 'join-code-wrong',
    path: '',
    play: async (page) => {
      await page.evaluate(() => {
        story.invitation = 'wrong-code'
      })
      await typeCode(page, '7 Walrus Lantern')
      await pressKey(page, 'Enter')
      await getByRole(page, 'button', 'Enter another code')
    },
  },
  { name: 'session', path: SESSION, play: (page) => gather(page) },
  {
    name: 'session-crowd',
    path: SESSION,
    play: fill,
  },
  {
    name: 'people',
    path: SESSION,
    play: async (page) => {
      await gather(page)
      await click(page, 'button', 'People')
    },
  },
  {
    name: 'people-actions',
    path: SESSION,
    play: async (page) => {
      await gather(page)
      await click(page, 'button', 'People')
      await click(page, 'button', 'Actions for Ben')
      await click(page, 'button', 'Pause editing')
    },
  },
  {
    name: 'people-remove',
    path: SESSION,
    play: async (page) => {
      await gather(page)
      await page.evaluate(() => {
        const ben = story.session?.members[1]
        if (ben) story.session?.emit('arrived', { member: ben, first: true })
      })
      await getByText(page, 'Ben joined, can edit')
      await click(page, 'button', 'Remove')
      await getByRole(page, 'group', 'Remove Ben')
    },
  },
  {
    name: 'people-restart',
    path: SESSION,
    play: async (page) => {
      await gather(page)
      await page.evaluate(() =>
        story.session?.become({ problem: { kind: 'fork', name: 'Ben', mayDecide: true } }),
      )
      await click(page, 'button', 'Restart from my copy')
      await getByRole(page, 'group', 'Restart from my copy')
    },
  },
  {
    name: 'people-hand-over',
    path: SESSION,
    play: async (page) => {
      await gather(page)
      await click(page, 'button', 'People')
      await click(page, 'button', 'Actions for Ben')
      await click(page, 'button', 'Hand over to Ben')
      await getByRole(page, 'group', 'Hand over to Ben')
    },
  },
  {
    name: 'people-end',
    path: SESSION,
    play: async (page) => {
      await gather(page)
      await click(page, 'button', 'People')
      await click(page, 'button', 'End for everyone')
      await getByRole(page, 'group', 'End for everyone')
    },
  },
  {
    name: 'door',
    path: SESSION,
    play: async (page) => {
      await gather(page)
      await page.evaluate(() => {
        const guest = { since: 0, letIn: () => undefined, turnAway: () => undefined }
        const { session } = story
        if (!session) return
        session.lobby = [
          { ...guest, id: '1', name: 'Dora', role: 'editor' },
          { ...guest, id: '2', name: 'Maximilian Featherstonehaugh', role: 'viewer' },
        ]
        session.emit('lobby', session.lobby)
      })
      await getByRole(page, 'button', 'Let in Dora')
    },
  },
  {
    name: 'join-card-lobby',
    path: '',
    play: async (page) => {
      await page.evaluate(() => {
        story.invitation = 'lobby'
        location.hash = 'Vv3kZ0h2YbQx81LmT4pA'
      })
      await getByText(page, 'Ada is asked before you come in.')
    },
  },
  {
    name: 'copies',
    path: SESSION,
    play: async (page) => {
      await gather(page)
      await click(page, 'button', 'People')
      await click(page, 'button', 'Who has a copy')
      await getByRole(page, 'list', 'Who has a copy')
    },
  },
  {
    name: 'people-erase',
    path: SESSION,
    play: async (page) => {
      await gather(page)
      await click(page, 'button', 'People')
      await click(page, 'button', 'Leave and erase')
      await getByRole(page, 'group', 'Leave and erase')
    },
  },
  {
    name: 'people-asked',
    path: SESSION,
    play: async (page) => {
      await gather(page)
      await page.evaluate(() => {
        const { session } = story
        if (!session) return
        const [me, ben, ...others] = session.members
        if (!me || !ben) return
        const viewer = { ...ben, role: 'viewer' as const }
        session.gather([viewer, ...others])
        session.gather([{ ...viewer, asksToEdit: true }, ...others])
      })
      await getByText(page, 'Ben asks to edit')
      await click(page, 'button', 'People')
    },
  },
  {
    name: 'asking',
    path: SESSION,
    play: async (page) => {
      await gather(page)
      await page.evaluate(() => story.session?.turnInto('viewer'))
      await getByText(page, 'View only')
    },
  },
  {
    name: 'over',
    path: SESSION,
    play: async (page) => {
      await gather(page)
      await page.evaluate(() => story.session?.endForEveryone())
      await getByText(page, 'ended this session for everybody')
    },
  },
  {
    name: 'devices',
    path: SESSION,
    play: async (page) => {
      await gather(page)
      await click(page, 'button', 'People')
      await click(page, 'button', 'Devices and recovery…')
      await click(page, 'button', 'Show the words')
      await getByRole(page, 'button', 'I have written them down')
    },
  },
  {
    name: 'devices-take-over',
    path: SESSION,
    play: async (page) => {
      await gather(page)
      await page.evaluate(() => story.session?.turnInto('editor'))
      await click(page, 'button', 'People')
      await click(page, 'button', 'Devices and recovery…')
      await click(page, 'button', 'Take over')
      await getByRole(page, 'textbox', 'Recovery phrase')
    },
  },
  {
    name: 'compare',
    path: SESSION,
    play: async (page) => {
      await gather(page)
      await click(page, 'button', 'People')
      await click(page, 'button', 'Actions for Ben')
      await click(page, 'button', 'Compare aloud with Ben')
      await getByRole(page, 'button', 'They match')
    },
  },
  {
    name: 'compare-differs',
    path: SESSION,
    play: async (page) => {
      await gather(page)
      await click(page, 'button', 'People')
      await click(page, 'button', 'Actions for Ben')
      await click(page, 'button', 'Compare aloud with Ben')
      await click(page, 'button', 'They differ')
      await getByRole(page, 'button', 'Done')
    },
  },
  {
    name: 'paused',
    path: SESSION,
    play: async (page) => {
      await gather(page)
      await page.evaluate(async () => {
        const { session } = story
        if (!session) return
        session.members = session.members.map((one) =>
          one.isMe
            ? { ...one, role: 'editor' as const }
            : { ...one, role: one.name === 'Ben' ? ('owner' as const) : one.role },
        )
        await session.pause(true)
      })
      await getByText(page, 'Ben paused editing')
    },
  },
  {
    name: 'removed-before',
    path: SESSION,
    play: async (page) => {
      await gather(page)
      await page.evaluate(() => {
        story.session?.turnInto('viewer')
        story.session?.become({ phase: 'ended', problem: { kind: 'removed', by: 'Ben' }, peers: 0 })
      })
      await getByText(page, 'Ben removed you. You keep a copy as it was then.')
    },
  },
  {
    name: 'people-crowd',
    path: SESSION,
    play: async (page) => {
      await fill(page)
      await click(page, 'button', 'People')
    },
  },
  {
    name: 'toast-crowd',
    path: SESSION,
    play: async (page) => {
      await fill(page)
      await page.evaluate(() => {
        for (const one of story.session?.members ?? [])
          if (one.role === 'viewer')
            story.session?.emit('arrived', {
              member: { ...one, device: `${one.device}!` as typeof one.device },
              first: true,
            })
      })
      await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 500)))
    },
  },
  {
    name: 'following',
    path: SESSION,
    play: async (page) => {
      await gather(page)
      await click(page, 'button', 'Follow Ben')
    },
  },
  {
    name: 'toast-joined',
    path: SESSION,
    play: async (page) => {
      await gather(page)
      await page.evaluate(() => {
        const ben = story.session?.members[1]
        if (ben) story.session?.emit('arrived', { member: ben, first: true })
      })
      await getByRole(page, 'log', 'Notices')
      await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 500)))
    },
  },
  {
    name: 'menu',
    path: '',
    play: (page) => click(page, 'button', 'Menu'),
  },
  {
    name: 'menu-no-relay',
    path: '',
    play: async (page) => {
      await page.evaluate(() => {
        story.relay = 'no'
      })
      await click(page, 'button', 'Menu')
    },
  },
  {
    name: 'recent',
    path: '',
    play: async (page) => {
      await click(page, 'button', 'Menu')
      await click(page, 'button', 'Recent sessions')
    },
  },
  {
    name: 'recent-erase',
    path: '',
    play: async (page) => {
      await click(page, 'button', 'Menu')
      await click(page, 'button', 'Recent sessions')
      await click(page, 'button', 'Erase word-count.ts')
    },
  },
  {
    name: 'recent-none',
    path: '',
    play: async (page) => {
      await page.evaluate(() => {
        story.rows = []
      })
      await click(page, 'button', 'Menu')
      await click(page, 'button', 'Recent sessions')
    },
  },
  {
    name: 'passphrase',
    path: '',
    play: async (page) => {
      await click(page, 'button', 'Menu')
      await click(page, 'button', 'Passphrase…')
      await getByRole(page, 'button', 'Set passphrase')
    },
  },
  {
    name: 'passphrase-set',
    path: '',
    play: async (page) => {
      await page.evaluate(() => {
        story.passphrase = 'correct horse'
      })
      await click(page, 'button', 'Menu')
      await click(page, 'button', 'Passphrase…')
      await click(page, 'button', 'Change…')
      await getByRole(page, 'button', 'Change passphrase')
    },
  },
  {
    name: 'locked',
    path: '',
    play: async (page) => {
      await lockPage(page)
      await page.keyboard.type('not this one')
      await pressKey(page, 'Enter')
      await click(page, 'button', 'Forgotten?')
      await click(page, 'button', 'Erase this device')
      await getByRole(page, 'group', 'Erase this device')
    },
  },
  {
    name: 'shortcuts',
    path: '',
    play: async (page) => {
      await click(page, 'button', 'Menu')
      await click(page, 'button', 'Keyboard shortcuts')
    },
  },
  {
    name: 'search',
    path: SESSION,
    play: async (page) => {
      await gather(page)
      await page.focus('.cm-content')
      await pressKey(page, 'Control+f')
    },
  },
  { name: 'join-card', path: INVITE, play: async (page) => void (await getByRole(page, 'button', 'Join')) },
  {
    name: 'join-used',
    path: INVITE,
    play: async (page) => {
      await page.evaluate(() => {
        story.invitation = 'used'
        location.hash = 'Another9'
      })
      await getByRole(page, 'button', 'Start a private draft')
    },
  },
  {
    name: 'join-knocking',
    path: INVITE,
    play: async (page) => {
      await page.evaluate(() => {
        story.invitation = 'silent'
        location.hash = 'Another9'
      })
      await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 900)))
    },
  },
  {
    name: 'viewer',
    path: SESSION,
    play: async (page) => {
      await gather(page)
      await page.evaluate(() => story.session?.turnInto('viewer'))
    },
  },
  {
    name: 'ended-removed',
    path: SESSION,
    play: async (page) => {
      await gather(page)
      await page.evaluate(() => story.session?.emit('ended', { reason: 'removed' }))
    },
  },
  ...Object.entries(STATUSES).map(statusScene),
  ...Object.entries(PROBLEMS).map(problemScene),
]
