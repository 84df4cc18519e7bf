/**
 * What a peer did against the protocol, as a value. Only what the bytes alone prove is one; the
 * driver closes that link and nobody else notices. What depends on roster, base or document never is.
 */

export type ViolationKind =
  | 'malformed' // bytes that are no message of version 1
  | 'oversized' // beyond a limit of wire/limits.ts
  | 'forged' // a signature, tag or proof that does not verify
  | 'unexpected' // a message in a phase where it may not come
  | 'firewall' // an update no honest writer makes
  | 'flooding' // more than the protocol's own pace allows
  | 'stalled' // begun and not finished in time

export interface Violation {
  readonly violation: ViolationKind
  /** One plain sentence for the violations list and the log; never holds content, keys or addresses. */
  readonly detail: string
}

export function violation(kind: ViolationKind, detail: string): Violation {
  return { violation: kind, detail }
}

export function isViolation(value: unknown): value is Violation {
  return typeof value === 'object' && value !== null && 'violation' in value && 'detail' in value
}
