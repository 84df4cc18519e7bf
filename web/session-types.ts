/** The one place where the page's types of the library come in; no code, so nothing is loaded by it. */
export type {
  Invitation,
  Invite,
  Member,
  RecentSession,
  Role,
  Session,
  SessionProblem,
  SessionStatus,
} from '../src/session/public.ts'
