/** What can go wrong for the caller. Each says what happened and what to do, and none of them loses text. */

import type { CodeProblem } from '../wire/code.ts'
import type { CarriedProblem } from '../wire/hand-carried.ts'
import { PHRASE_WORDS, type PhraseProblem } from '../wire/recovery-phrase.ts'

export class CoterieError extends Error {
  override name = 'CoterieError'
}

export class InviteMalformed extends CoterieError {
  override name = 'InviteMalformed'
  constructor() {
    super('This link is incomplete. Ask for it again and copy all of it.')
  }
}

/** The session that answers is not the one the link names, or does not know the invite. */
export class InviteMismatch extends CoterieError {
  override name = 'InviteMismatch'
  constructor() {
    super("This link doesn't match the session. Ask for a fresh link.")
  }
}

export class InviteExpired extends CoterieError {
  override name = 'InviteExpired'
  constructor(inviter: string) {
    super(`This link has expired. Ask ${inviter} for a new one.`)
  }
}

export class InviteUsed extends CoterieError {
  override name = 'InviteUsed'
  constructor(inviter: string) {
    super(`This link was for one person and has been used. Ask ${inviter} for a new one.`)
  }
}

export class InviteRevoked extends CoterieError {
  override name = 'InviteRevoked'
  constructor(inviter: string) {
    super(`This link is no longer valid. Ask ${inviter} for a new one.`)
  }
}

/** The invite has a lobby, and whoever was asked did not let this device in. */
export class TurnedAway extends CoterieError {
  override name = 'TurnedAway'
  constructor(admitter: string) {
    super(`${admitter} did not let you in. Ask them whether they meant somebody else.`)
  }
}

/** What was typed is no code; nothing was tried, so the code that was meant is still good. */
export class CodeMalformed extends CoterieError {
  override name = 'CodeMalformed'
  readonly problem: CodeProblem
  constructor(problem: CodeProblem) {
    super(wordsFor(problem))
    this.problem = problem
  }
}

function wordsFor(problem: CodeProblem): string {
  switch (problem.problem) {
    case 'no-number':
    case 'number-too-large':
      return 'A code begins with a number, like 7-walrus-lantern. Ask for it again.'
    case 'incomplete':
    case 'too-many-words':
      return 'A code is a number and two words, like 7-walrus-lantern.'
    case 'unknown-word': {
      const { word, suggestion } = problem
      const remedy = suggestion === undefined ? 'Ask for the code again.' : `Did you mean "${suggestion}"?`
      return `"${word}" is in no code. ${remedy}`
    }
    default:
      return problem satisfies never
  }
}

export class CodeUnknown extends CoterieError {
  override name = 'CodeUnknown'
  constructor(slot: number) {
    super(`No code has the number ${slot} right now. Check the number; a code is good for five minutes.`)
  }
}

/** The two words were not the ones that were read out. One try: the code is gone. */
export class WrongCode extends CoterieError {
  override name = 'WrongCode'
  /** @param inviter where the name is known; who only heard a code does not know it */
  constructor(inviter?: string) {
    const ask = inviter === undefined ? 'Ask' : `Ask ${inviter}`
    super(`That code didn't match, so it is no longer valid. ${ask} for a new one.`)
  }
}

export class CodeInterrupted extends CoterieError {
  override name = 'CodeInterrupted'
  constructor() {
    super('The other side did not answer in time, so this code is no longer valid. Ask for a new one.')
  }
}

export class NoMoreCodes extends CoterieError {
  override name = 'NoMoreCodes'
  constructor() {
    super('The server takes no more codes from here right now. Use the link, or try again in a minute.')
  }
}

/** A text that was carried by hand is not the one that belongs here. The offer it was for stays open. */
export class CarriedTextRefused extends CoterieError {
  override name = 'CarriedTextRefused'
  readonly problem: CarriedProblem
  /** @param expected what belongs here */
  constructor(problem: CarriedProblem, expected: 'offer' | 'answer') {
    super(wordsForCarried(problem, expected))
    this.problem = problem
  }
}

function wordsForCarried(problem: CarriedProblem, expected: 'offer' | 'answer'): string {
  switch (problem) {
    case 'not-carried':
      return 'This is not the text from the other screen. Copy it there, all of it.'
    case 'cut-short':
      return 'This text is incomplete. Copy all of it.'
    case 'damaged':
      return 'This text was changed on the way. Copy it again.'
    case 'other-version':
      return "The other side's version is newer or older. Update to edit together."
    case 'wrong-direction':
      return expected === 'offer'
        ? 'This is an answer. It belongs to the person who made the offer.'
        : 'This is the offer itself. Give it to the other person, and paste what they give back.'
    case 'other-session':
      return 'This answer belongs to another session.'
    case 'other-offer':
      return 'The offer this answers is no longer open. Make a new one.'
    case 'too-old':
      return 'This answer came too late: an offer waits 15 minutes. Make a new one.'
    default:
      return problem satisfies never
  }
}

export class SignalingUnreachable extends CoterieError {
  override name = 'SignalingUnreachable'
  readonly host: string
  constructor(host: string) {
    super(`Can't reach ${host}. People already connected stay connected.`)
    this.host = host
  }
}

/** Nobody who may admit answered in time. */
export class NobodyThere extends CoterieError {
  override name = 'NobodyThere'
  constructor() {
    super('Nobody in this session is online right now. Keep this page open, or try again when they are.')
  }
}

export class NoRoute extends CoterieError {
  override name = 'NoRoute'
  constructor() {
    super("Your networks don't allow a direct connection (often a VPN or a strict firewall).")
  }
}

export class WebRtcBlocked extends CoterieError {
  override name = 'WebRtcBlocked'
  constructor() {
    super('This browser or VPN blocks WebRTC. Allow it for this page, or use another browser.')
  }
}

export class ProtocolMismatch extends CoterieError {
  override name = 'ProtocolMismatch'
  constructor(name: string) {
    super(`${name}'s version is newer or older. Update to edit together; your copy stays editable.`)
  }
}

export class NotAllowed extends CoterieError {
  override name = 'NotAllowed'
}

export class TooLarge extends CoterieError {
  override name = 'TooLarge'
  constructor() {
    super('This session holds at most 64 MB of text.')
  }
}

export class NotLinked extends CoterieError {
  override name = 'NotLinked'
  constructor(name: string) {
    super(
      `There is no direct connection to ${name} from this page right now. Try again when both of you are here.`,
    )
  }
}

/** One try a connection: whoever stands between two people must not guess again. */
export class ComparisonOver extends CoterieError {
  override name = 'ComparisonOver'
  constructor() {
    super(
      'The screens differed on this connection, so it is not compared again. Both reload the page and try anew.',
    )
  }
}

/** What was typed is no recovery phrase. Nothing was tried. */
export class PhraseMalformed extends CoterieError {
  override name = 'PhraseMalformed'
  readonly problem: PhraseProblem
  constructor(problem: PhraseProblem) {
    super(wordsForPhrase(problem))
    this.problem = problem
  }
}

function wordsForPhrase(problem: PhraseProblem): string {
  switch (problem.problem) {
    case 'count':
      return `A recovery phrase has ${PHRASE_WORDS} words; these are ${problem.count}.`
    case 'unknown-word': {
      const { at, word, suggestion } = problem
      const remedy = suggestion === undefined ? 'Look again.' : `Is it "${suggestion}"?`
      return `Word ${at}, "${word}", is in no recovery phrase. ${remedy}`
    }
    case 'mixed-up':
      return 'One of these words is another, or two changed places. Compare them with what you wrote down.'
    default:
      return problem satisfies never
  }
}

/** A phrase of another session, or from before it was handed over. */
export class PhraseMismatch extends CoterieError {
  override name = 'PhraseMismatch'
  constructor() {
    super(
      'This phrase does not belong to this session, or the session was handed over since it was written down.',
    )
  }
}

/** A key that comes back might sign what contradicts records it does not know of. */
export class NotCompared extends CoterieError {
  override name = 'NotCompared'
  constructor() {
    super('Somebody else of this session has to be here first, so that nothing is signed from an old state.')
  }
}

export class SessionEnded extends CoterieError {
  override name = 'SessionEnded'
  constructor() {
    super('This session has been left. Open it again from the recent sessions.')
  }
}

export class PassphraseTooShort extends CoterieError {
  override name = 'PassphraseTooShort'
  constructor(least: number) {
    super(`Use at least ${least} characters. A few words chosen at random are easy to keep in mind.`)
  }
}

export class SessionMissing extends CoterieError {
  override name = 'SessionMissing'
  constructor() {
    super('This session is not on this device. Ask for a link to join it again.')
  }
}

export class VersionMissing extends CoterieError {
  override name = 'VersionMissing'
  constructor() {
    super('This version is not on this device any more. Choose another one.')
  }
}

export class TooManyVersions extends CoterieError {
  override name = 'TooManyVersions'
  constructor(most: number) {
    super(`There are ${most} versions with a name already. Delete one you no longer need, then try again.`)
  }
}
