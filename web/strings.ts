/**
 * Every sentence the page says, in one catalogue. Sentences of typed errors come from the library itself.
 * Accessible names that tests and tools rely on stand here too and stay stable.
 */

const list = new Intl.ListFormat('en', { style: 'long', type: 'conjunction' })

/** By name, or how many. */
type Who = readonly string[] | number

function whoText(who: Who): string {
  return typeof who === 'number' ? `${who} people` : list.format(who)
}

function isOne(who: Who): boolean {
  return typeof who !== 'number' && who.length === 1
}

export const strings = {
  appName: 'Coterie',
  privateDraft: 'Private draft, only on this device',
  viewOnly: 'View only',
  onlyOnThisDevice: 'only on this device',
  editorName: 'Text',
  emptyEditor: 'Type or paste here, or drop a file.',
  untitled: 'untitled',
  fileName: 'File name',

  share: 'Share',
  inviteLink: 'Invite link',
  linkAllows: 'Link allows',
  canEdit: 'Can edit',
  canView: 'Can view',
  editLinkExplained: "The first person to open this link can edit. The server can't read it.",
  viewLinkExplained: "Anyone with this link can read. The server can't.",
  linkCopied: 'Link copied',
  pressCopy: (isMac: boolean) => `Press ${isMac ? '⌘' : 'Ctrl+'}C`,
  spokenCode: {
    name: 'Spoken code',
    heading: 'Or read this code aloud',
    explained: 'One try, for one person.',
    timeLeft: 'Time left',
    newCode: 'New code',
    asking: 'Fetching a code to read aloud…',
    waiting: 'A code to read aloud comes once the server answers.',
    over: {
      used: 'The code was used.',
      wrong: "That code didn't match, so it is no longer valid. Make a new one.",
      expired: 'Nobody used the code within five minutes, so it is no longer valid.',
      'broken-off': 'The other side stopped halfway, so the code is no longer valid. Make a new one.',
    },
  },
  askFirst: 'Ask before anybody comes in',
  door: {
    name: 'At the door',
    waits: (name: string, role: 'editor' | 'viewer') =>
      `${name} wants to come in and could ${role === 'editor' ? 'edit' : 'only view'}. The name is their own word.`,
    letIn: 'Let in',
    letInNamed: (name: string) => `Let in ${name}`,
    turnAway: 'Turn away',
    turnAwayNamed: (name: string) => `Turn away ${name}`,
  },
  copyLink: 'Copy link',
  newLink: 'New link',
  linkUsed: 'This link has been used.',
  linkTakenBack: 'This link was taken back: it opens nothing any more.',
  resetLinks: 'Reset link',
  resetExplained: 'Stops every link and code made so far. Whoever is in stays in.',
  linksReset: 'No link or code so far opens anything any more.',
  openLinks: 'Open links',
  openLink: (role: 'editor' | 'viewer', uses: number, until: string) =>
    `${role === 'editor' ? 'Can edit' : 'Can view'}, ${uses === 1 ? 'one person' : `up to ${uses}`}, until ${until}`,
  asksYou: 'asks you first',
  usedBy: (who: Who) => `used by ${whoText(who)}`,
  usedLinks: 'Used links',
  usedLink: (
    role: 'editor' | 'viewer',
    who: Who,
    state: 'open' | 'used-up' | 'expired' | 'revoked' | 'overused',
  ) => {
    const states = {
      open: 'open',
      'used-up': 'used up',
      expired: 'expired',
      revoked: 'taken back',
      overused: 'more people than it was for',
    }
    return `${role === 'editor' ? 'Can edit' : 'Can view'}: ${whoText(who)}; ${states[state]}`
  },
  overused: (who: readonly string[], uses: number) =>
    `${whoText(who)} all came in by a link for ${uses === 1 ? 'one person' : `${uses} people`}. Look whether you know them.`,
  takeBack: 'Take back',
  takeBackNamed: (link: string) => `Take back: ${link}`,
  onlyThisComputer: 'This page runs on localhost: this link works only on this computer.',
  qrCode: 'QR code of the invite link',
  preparingLink: 'Preparing the link…',
  linkFailed: 'The link could not be made.',

  people: 'People',
  you: 'you',
  yourName: 'Your name',
  yourColor: 'Your colour',
  roles: { owner: 'Owner', editor: 'Can edit', viewer: 'Can view' },
  here: 'Here',
  hereNow: (count: number) => (count === 1 ? 'Only you are here' : `${count} people here`),
  notHere: 'Not here',
  idle: 'Idle',
  away: 'Away',
  routes: {
    direct: 'direct',
    relay: 'relayed',
    'own-tab': 'through your other tab',
    others: 'through others',
    connected: 'connected',
  },
  milliseconds: (count: number) => `${Math.max(1, Math.round(count))} ms`,
  follow: (name: string) => `Follow ${name}`,
  followHint: 'Click follows, Alt-click jumps there once',
  following: (name: string) => `Following ${name}, Esc to stop`,
  stopFollowing: 'Stop following',
  moreHere: (count: number) => `${count} more`,
  onlyOwnerInvites: (name: string) => `Only ${name} can invite or remove people.`,
  nobodyYet: 'Nobody else yet. Share the link to work together.',
  actionsFor: (name: string) => `Actions for ${name}`,
  mayDo: (name: string) => `What ${name} may do`,
  remove: 'Remove',
  removeNamed: (name: string) => `Remove ${name}`,
  removeQuestion: (name: string) =>
    `Remove ${name}? They get nothing from now on. They keep what they have read.`,
  keepPerson: 'Keep',
  handOver: 'Hand over',
  keepSession: 'Stay the owner',
  handOverTo: (name: string) => `Hand over to ${name}`,
  handOverQuestion: (name: string) =>
    `Hand this session over to ${name}? From then on ${name} decides who may come in, edit and stay. You can still edit. Only ${name} can give it back.`,
  handedOver: (by: string | undefined, name: string) => `${by ?? 'You'} handed this session over to ${name}`,
  endForEveryone: 'End for everyone',
  endQuestion:
    'End this session for everybody? All connections close and nobody can join any more. Each person keeps their copy. Whoever is away now is not told. This cannot be undone.',
  goOn: 'Go on',
  restart: {
    act: 'Restart from my copy',
    question:
      'Restart this session from the text as it is on this device? Two histories of one device end for good. What others typed and this device does not have, their own devices enter again. Everybody keeps a version of the text as it was. This cannot be undone.',
    done: 'The session began anew from your copy. The text as it was is kept under Versions.',
  },
  copies: {
    open: 'Who has a copy',
    title: 'Who has a copy',
    explained:
      'Everybody who was ever let in may have one. What somebody has read cannot be taken back, and nobody can tell from here whether they erased it.',
    thisDevice: 'This device',
    hereNow: 'Here now',
    seen: (at: string | undefined) =>
      at === undefined ? 'Never seen by this device' : `Last seen by this device ${at}`,
    removed: (at: string | undefined) =>
      `Removed; keeps what they had until then${at === undefined ? '' : ` (last seen ${at})`}`,
  },
  leaveAndErase: 'Leave and erase',
  eraseCopyQuestion:
    'Leave and erase this session from this device? Its text and its keys go for good. What others hold stays with them. To come back you need a new link.',
  eraseOwnQuestion:
    'Leave and erase this session from this device? Its text and its keys go for good, and with them the only means to invite or remove anybody. Hand the session over first if others go on. What they hold stays with them.',
  keepCopy: 'Keep my copy',
  askToEdit: 'Ask to edit',
  takeBackRequest: 'Take back the request',
  asks: 'asks to edit',
  peopleAsk: (count: number) => (count === 1 ? 'Somebody asks to edit' : `${count} people ask to edit`),
  letEdit: (name: string) => `Let ${name} edit`,
  asksToEdit: (name: string) => `${name} asks to edit`,
  asksNoMore: (name: string) => `${name} no longer asks to edit`,
  youAsk: (owner: string, isHere: boolean) =>
    isHere
      ? `${owner} is asked whether you may edit`
      : `${owner} is not here. They are asked when they come.`,
  youAskNoMore: 'You no longer ask to edit',
  pauseEditing: 'Pause editing',
  resumeEditing: 'Resume editing',
  pausedForOthers: 'Editing is paused: only you can write.',
  pausedBy: (name: string) => `${name} paused editing. You can read.`,
  paused: 'Paused',
  notFollowable: (name: string) => `${name} has no cursor in this text yet.`,

  status: {
    draft: 'Private draft',
    waiting: 'Waiting for someone to join',
    connecting: (name: string | undefined) => `Connecting to ${name ?? 'someone'}`,
    inSync: (people: number) => `In sync with ${people}`,
    syncing: (size: string) => `Syncing ${size}`,
    unshared: (count: number) => `${count} ${count === 1 ? 'change' : 'changes'} not yet shared`,
    offline: 'Offline, saved on this device',
    onlyYou: 'Only you have these changes',
  },

  notices: 'Notices',
  joined: (who: Who, can: string | undefined) => `${whoText(who)} joined${can ? `, ${can}` : ''}`,
  cameBack: (who: Who) => `${whoText(who)} ${isOne(who) ? 'is' : 'are'} back`,
  left: (who: Who) => `${whoText(who)} left. You keep a copy.`,
  roleChanged: {
    owner: 'This session is yours now',
    editor: 'You can now edit',
    viewer: 'You can now only view',
  },
  theirRoleChanged: (name: string, role: 'owner' | 'editor' | 'viewer') =>
    `${name} can now ${role === 'viewer' ? 'only view' : 'edit'}`,
  removalWaits: (name: string) =>
    `${name} is removed here. The others hear of it as soon as you are connected to one of them.`,
  removedPerson: (by: string | undefined, name: string) => `${by ?? 'You'} removed ${name}`,
  editingPaused: (by: string | undefined) => `${by ?? 'You'} paused editing`,
  editingResumed: (by: string | undefined) => `${by ?? 'You'} resumed editing`,
  can: { owner: 'can edit', editor: 'can edit', viewer: 'can view' },
  dismiss: 'Dismiss',
  savedAnyway: 'Saved on this device as you type.',
  notText: 'That file is not text, so it was not opened.',

  problems: {
    unreachable: (host: string) => `Can't reach ${host}. People already connected stay connected.`,
    noRoute: "Your networks don't allow a direct connection (often a VPN or a strict firewall).",
    blocked: 'This browser or VPN blocks WebRTC. Allow it for this page, or use another browser.',
    mismatch: (name: string) =>
      `${name}'s version is newer. Update to edit together; your copy stays editable.`,
    someone: 'Someone',
    storageFull: 'This device is out of space; new changes are only in memory.',
    namesake: (name: string) =>
      `${name} is here from a device you have not compared with. You verified somebody else of that name. Compare aloud, or ask another way, before you trust it.`,
    tooLarge: 'This session holds at most 64 MB of text.',
    removedBefore: (name: string) => `${name} removed you. You keep a copy as it was then.`,
    rosterFork: (name: string) =>
      `${name}'s device has signed two lists of who belongs here. Until ${name} says which one counts, nobody can be let in or removed.`,
    rosterForkMine:
      'Two lists of who belongs here were signed with your key. Until you keep one, nobody can be let in or removed.',
    keepList: 'Keep the list on this device',
    fork: (name: string) =>
      `${name}'s device has written two different histories. Editing with it is paused.`,
    diverged: (name: string) =>
      `What you and ${name} have is not the same, and nothing is left to tell why. The owner can have one copy count for everybody.`,
    leftOut: (name: string) =>
      `The owner changed the keys before hearing that ${name} let you in. You are back as soon as ${name} is here.`,
    over: (name: string) =>
      `${name} ended this session for everybody. You keep your copy; nobody is connected to it any more.`,
    overByMe: 'You ended this session for everybody. You keep your copy; nobody is connected to it any more.',
    notStored:
      'Nothing can be stored here; your text is only in memory. Download it before you close this page.',
    removed: (owner: string, time: string) =>
      `${owner} removed you at ${time}. You keep a copy as it was then.`,
    left: 'You left this session. Your copy is under Recent sessions.',
    forgotten: 'This session was erased from this device.',
    storageLost: 'This browser erased its storage. Download your text now: it is only in memory.',
  },
  retry: 'Retry',
  update: 'Update',
  freeSpace: 'Free space',

  join: {
    title: (inviter: string) => `${inviter} invites you to`,
    can: { editor: 'you can edit', viewer: 'you can view' },
    button: 'Join',
    knocking: 'Knocking…',
    joining: 'Joining…',
    asksFirst: (inviter: string) => `${inviter} is asked before you come in.`,
    waiting: (inviter: string) => `${inviter} has been asked. You come in as soon as they let you.`,
    explained: 'Your text and theirs stay between your devices. No account, and the server cannot read it.',
    notNow: 'Not now',
    failedTitle: 'This link did not open',
    startDraft: 'Start a private draft',
  },

  joinDialog: {
    command: 'Join with a code or link…',
    open: 'Enter code',
    title: 'Join with a code or link',
    field: 'Code or link',
    explained: 'A code is a number and two words, like 7-walrus-lantern. It works once.',
    useWord: (code: string) => `Use ${code}`,
    button: 'Continue',
    nothing: 'Type the code that was read to you, or paste a link.',
    neither: 'This is neither a code nor a link. A code looks like 7-walrus-lantern.',
    failedTitle: 'This code did not open anything',
    another: 'Enter another code',
    checking: 'Trying the code…',
  },

  hand: {
    command: 'Connect without a server…',
    title: 'Connect without a server',
    explained:
      'Two texts go from screen to screen: by any messenger, on paper, or through the camera. No server takes part. Whoever sees the first text can answer it, so show it only to whom it is for.',
    makeOffer: 'Invite somebody',
    haveOffer: 'I was given an offer',
    making: 'Making the offer…',
    offer: 'Your offer',
    giveOffer: 'Give this to the other person. Leave this window open until their answer is here.',
    age: (minutes: number) =>
      `${minutes < 1 ? 'Made just now' : `Made ${minutes} min ago`}; it waits 15 minutes for one answer.`,
    theirAnswer: 'Their answer',
    connect: 'Connect',
    atTheDoor: 'Connected: they are let in as soon as they press Join.',
    beforehand:
      'Paste what you were given, or scan it. You get an answer to hand back at once, within ten minutes at most.',
    theirOffer: 'Their offer',
    makeAnswer: 'Make the answer',
    answer: 'Your answer',
    giveAnswer: 'Hand this back now, and leave this window open.',
    handedBack: 'I have handed it back',
    waiting: 'Waiting until they have taken your answer…',
    copy: 'Copy text',
    copied: 'Text copied',
    qr: (called: string) => `QR code: ${called}`,
  },
  camera: {
    scan: 'Scan with the camera',
    stop: 'Stop the camera',
    picture: 'What the camera sees',
    hint: 'Hold the other screen in front of the camera.',
    refused: 'The camera was not allowed. Paste the text instead, or allow it in the browser’s settings.',
    none: 'No camera was found. Paste the text instead.',
  },

  opening: 'Opening…',
  openFailed: 'This session did not open',

  menu: 'Menu',
  newDraft: 'New draft',
  openFile: 'Open a file…',
  download: 'Download',
  recentSessions: 'Recent sessions',
  shortcuts: 'Keyboard shortcuts',
  theme: 'Theme',
  themes: { system: 'System', light: 'Light', dark: 'Dark' },
  flags: 'Name flags',
  flagChoices: { activity: 'When active', always: 'Always', never: 'Never' },
  hideAddress: 'Hide my address',
  hideAddressNotes: {
    asking: 'Asking the server…',
    yes: "Connects through the server's relay only: nobody in a session learns your address. Slower.",
    no: 'This server offers no relay, so your address cannot be hidden.',
    unreachable: 'The server cannot be asked right now whether it offers a relay.',
    nobody: 'On, but this server offers no relay: nobody can connect to you until you turn it off.',
  },
  closeDialog: 'Close',
  storageKept: 'This browser keeps your sessions until you erase them.',
  storageMayGo: 'This browser may clear your sessions when space runs out. Download what matters.',

  versions: {
    command: 'Versions…',
    title: 'Versions',
    detail: 'Chosen version',
    now: 'As it is now',
    none: 'Nothing is kept yet. Versions are kept on this device only: by name, and by themselves when you come and go.',
    hint: 'Choose a version to see what has changed since.',
    name: 'Version name',
    keep: 'Name this version',
    restore: 'Restore',
    delete: 'Delete this version',
    restored: (name: string) => `“${name}” is back. Undo takes it away again.`,
    about: (when: string, by: string) => `${when} · ${by}`,
    comparison: 'What has changed since',
    legend: '− was there then, + is there now',
    same: 'The text is the same now.',
    unchanged: (lines: number) => `${lines} ${lines === 1 ? 'line' : 'lines'} unchanged`,
    more: 'There is more. Restore or download to see all of it.',
    why: {
      named: 'Kept by hand',
      start: 'When it was opened',
      end: 'When it was left',
      merge: 'Before merging',
      deletion: 'Before most of it was deleted',
      restart: 'Before a restart',
      fork: 'Text that no longer counts',
      unshared: 'Text that was not shared',
    },
    rescued: {
      restart: (name: string) =>
        `${name} restarted the session from their copy. This is the text as it was on this device just before.`,
      fork: (name: string) =>
        `${name}'s device wrote two different histories. What is here and nowhere else no longer counts.`,
      unshared: (_name: string) =>
        'This was written here and reached nobody before this device was no longer allowed to edit.',
    },
    kept: {
      restart: (name: string) =>
        `${name} restarted the session from their copy. What you had is kept under Versions.`,
      fork: (name: string) => `What ${name}'s device wrote and no longer counts is kept under Versions.`,
      unshared: (_name: string) => 'What you wrote and nobody got is kept under Versions.',
    },
  },
  recent: {
    none: 'Nothing here yet. What you type is kept on this device, sealed, and shows up in this list.',
    open: (title: string) => `Open ${title}`,
    erase: (title: string) => `Erase ${title}`,
    eraseQuestion: (title: string) => `Erase “${title}” from this device? What others hold stays with them.`,
    eraseButton: 'Erase',
    keep: 'Keep',
    draft: 'Draft',
    current: 'Open now',
    unreadable: 'Its key is gone from this browser: it can only be erased or joined again.',
    noTitle: 'untitled',
  },

  devices: {
    open: 'Devices and recovery…',
    title: 'Devices and recovery',
    add: 'Add my other device',
    addExplained:
      'Makes a link for one device, good for ten minutes. That device can edit and keeps a copy of its own; the others see it beside you, by the name you give it there. This device stays the one that decides.',
    link: 'Link for my other device',
    phrase: 'Recovery phrase',
    phraseExplained:
      'These words are the key with which this device decides about the session. Write them on paper: if this device is lost, another one that is already in the session takes over with them. Whoever has them can do the same. They are stored nowhere else.',
    show: 'Show the words',
    written: 'I have written them down',
    useTitle: 'Take over with a recovery phrase',
    useExplained:
      'If the device that owns this session is gone for good, this one takes its place with the words its owner wrote down. Somebody else of the session has to be here.',
    use: 'Take over',
    tookOver:
      'This device owns the session now. Write down its own recovery phrase: the old one opens nothing any more.',
  },

  compare: {
    command: 'Compare aloud',
    with: (name: string) => `Compare aloud with ${name}`,
    wanted: (name: string) => `${name} wants to compare aloud with you`,
    verified: 'verified',
    title: (name: string) => `Compare with ${name}`,
    waiting: (name: string) => `Fetching what ${name}'s screen shows…`,
    explained: (name: string) =>
      `Call ${name}, or stand side by side, and read these aloud from left to right. Do you both see the same seven, in the same order?`,
    emoji: 'Seven pictures',
    match: 'They match',
    differ: 'They differ',
    matched: (name: string) =>
      `Nobody stands between you and ${name}. This device remembers it, and warns you when somebody of that name comes from another device.`,
    differed: (name: string) =>
      `The screens differ, so somebody may stand between you and ${name}. Write nothing here that they should not read. Remove ${name} if you can, and meet by another way.`,
    brokenOff: (name: string) => `The connection to ${name} was lost before both had answered. Try again.`,
    done: 'Done',
  },

  lock: {
    title: 'This device is locked',
    explained: 'Everything kept here is sealed until you enter the passphrase of this device.',
    passphrase: 'Passphrase',
    unlock: 'Unlock',
    forgotten: 'Forgotten?',
    nobodyCanHelp:
      'Nobody can help: the passphrase is stored nowhere, and without it what is kept here stays sealed for good. Others keep their copies, and can send you a new link. To use this device again, erase what is on it.',
    erase: 'Erase this device',
    eraseQuestion:
      'Erase every session that this browser keeps? What nobody else has a copy of is lost for good.',
    eraseEverything: 'Erase everything',
    keep: 'Keep',
  },

  passphrase: {
    command: 'Passphrase…',
    title: 'Passphrase for this device',
    explained:
      'Seals everything this browser keeps for Coterie, so that whoever takes the device or its disk cannot read it. You are asked for it whenever the page is opened.',
    warning:
      'If you forget it, nobody can help: not we, not the people you write with. All that is left then is to erase this device. Do not let the browser remember it.',
    traces:
      'What was here before may leave traces on the disk for a while, and titles stay in the history of the browser until you clear it. Best set it first and write afterwards.',
    fresh: 'New passphrase',
    again: 'The same again',
    current: 'Passphrase now',
    differ: 'The two new ones are not the same.',
    set: 'Set passphrase',
    isNowSet: 'Set. From now on this device asks for it.',
    isSet: 'This device has a passphrase.',
    lockNow: 'Lock now',
    lockAfter: 'Lock by itself after',
    after: (minutes: number) => (minutes === 0 ? 'Never' : `${minutes} min`),
    changeCommand: 'Change…',
    removeCommand: 'Remove…',
    change: 'Change passphrase',
    changed: 'Changed. The old one opens nothing any more.',
    remove: 'Remove passphrase',
    removeExplained: 'Then whoever has this device or its disk can read what is kept here.',
    removed: 'Removed. This device asks for nothing any more.',
    back: 'Back',
    unavailable: 'This browser keeps nothing here, so there is nothing to protect.',
    lockedElsewhere: 'Somebody set another passphrase in another tab. Reload this page to enter it.',
  },

  check: {
    title: 'What works on this device',
    explained: 'Tries everything that a connection to somebody needs. Nobody else is connected.',
    running: 'Checking…',
    done: (failing: number) =>
      failing === 0 ? 'Done: nothing stands in the way.' : `Done: ${failing} of these will get in the way.`,
    verdicts: { works: 'works', fails: 'does not work', 'not-there': 'not there' },
    report: 'Report, without addresses or names',
    copy: 'Copy report',
    copied: 'Report copied.',
    again: 'Check again',
    back: 'Back to the text',
    run: 'Run check',
  },

  notSecure: {
    title: 'One more step before you can edit in private',
    reason: 'Browsers allow private editing only on https or on this computer itself.',
    onThisComputer: 'On the computer that runs Coterie, open',
    fromElsewhere: 'To use it from other machines, start it with a certificate:',
    command: 'npm start -- --host 0.0.0.0 --tls-cert cert.pem --tls-key key.pem',
  },

  updateReady: 'A new version is ready.',
  reloadToUpdate: 'Reload to update',

  search: {
    next: 'Next',
    previous: 'Previous',
    all: 'All',
    'match case': 'Match case',
    regexp: 'Pattern',
    'by word': 'Whole words',
    replace: 'Replace',
    'replace all': 'Replace all',
    close: 'Close',
  },

  shortcutList: {
    undo: 'Undo your own last edit',
    redo: 'Redo',
    find: 'Find and replace',
    indent: 'Indent or outdent lines',
    comment: 'Comment lines in or out',
    leaveEditor: 'Leave the editor with the keyboard',
    stopFollowing: 'Stop following',
    sheet: 'This list',
  },
} as const
