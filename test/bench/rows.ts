/**
 * The rows of the benchmark, group by group: name, unit, which way is better, what is promised.
 * Not here: how a row is measured (the scenarios), how it is drawn (table.ts).
 * Invariants: a row without a figure never counts as met; no two groups have a row of the same name.
 */

/** `of` says whether the promise is about our own figure or about ours divided by theirs. */
interface Target {
  readonly of: 'ours' | 'ratio'
  readonly bound: number
}

interface RowShape {
  readonly unit: string
  readonly better: 'lower' | 'higher'
  readonly target?: Target
}

const atMost = (of: Target['of'], bound: number) => ({ better: 'lower', target: { of, bound } }) as const
const atLeast = (of: Target['of'], bound: number) => ({ better: 'higher', target: { of, bound } }) as const
const reported = (unit: string) => ({ unit, better: 'lower' }) as const

/** Two people, and the pages of a small group. */
const PAIR = {
  keystroke_p50_n2: { unit: 'ms', ...atMost('ratio', 1.5) },
  keystroke_p99_n2: { unit: 'ms', ...atMost('ratio', 2) },
  sends_per_key_n8: { unit: 'sends', ...atMost('ours', 7) },
  all_sends_per_key_n8: reported('sends'),
  bytes_per_key_per_link: { unit: 'bytes', ...atMost('ours', 160) },
  join_100KB_ms: { unit: 'ms', ...atMost('ratio', 1.5) },
  transfer_10MB_of_raw: { unit: 'share', ...atLeast('ours', 0.8) },
  join_10MB_on_screen_ms: reported('ms'),
  paste_10MB_on_screen_ms: reported('ms'),
  key_during_10MB_p99_ms: { unit: 'ms', ...atMost('ours', 100) },
  open_from_disk_trace_ms: { unit: 'ms', ...atMost('ratio', 1.5) },
  disk_bytes_trace: { unit: 'bytes', ...atMost('ratio', 2) },
  history_bytes_trace: reported('bytes'),
  first_key_gzip_kb: { unit: 'KB', ...atMost('ours', 160) },
  total_gzip_kb: reported('KB'),
  heap_per_peer_kb: reported('KB'),
} as const satisfies Readonly<Record<string, RowShape>>

/** Groups and crowds, and the server that introduces them. */
const MESH = {
  keystroke_p50_n8: { unit: 'ms', ...atMost('ratio', 1) },
  keystroke_p99_n8: { unit: 'ms', ...atMost('ratio', 0.75) },
  mesh_join_n20_ms: { unit: 'ms', ...atMost('ratio', 0.5) },
  sends_per_key_n20: { unit: 'sends', ...atMost('ours', 19) },
  sends_per_key_n128: { unit: 'sends', ...atMost('ours', 152) },
  idle_messages_per_s_n20: { unit: 'per s', ...atMost('ours', 20) },
  dead_peer_ms: { unit: 'ms', ...atMost('ours', 10_000) },
  relink_after_cut_signaling_down_ms: { unit: 'ms', ...atMost('ours', 3_000) },
  reach_hops_10000_sim: { unit: 'hops', ...atMost('ours', 14) },
  reach_sends_10000_sim: { unit: 'sends', ...atMost('ours', 12_000) },
  join_burst_50_ms: { unit: 'ms', ...atMost('ours', 10_000) },
  join_burst_50_most_sends: { unit: 'sends', ...atMost('ours', 4) },
  signaling_joins_per_s: { unit: 'per s', ...atLeast('ratio', 5) },
  signaling_kb_per_idle_socket: { unit: 'KB', ...atMost('ratio', 1) },
} as const satisfies Readonly<Record<string, RowShape>>

/** What proofs, keys and locks cost; theirs are the bare calls of libsodium that are needed. */
const TRUST = {
  handshake_cpu_ms: { unit: 'ms', ...atMost('ours', 5) },
  entry_seal_sign_of_primitives: { unit: 'ms', ...atMost('ratio', 1.5) },
  entry_check_open_of_primitives: { unit: 'ms', ...atMost('ratio', 1.5) },
  catch_up_10k_of_verify: { unit: 'ms', ...atMost('ratio', 1.4) },
  catch_up_checkpoint_ms: { unit: 'ms', ...atMost('ours', 300) },
  code_pairing_ms: { unit: 'ms', ...atMost('ours', 1_000) },
  rekey_20_ms: { unit: 'ms', ...atMost('ours', 50) },
  unlock_ms: { unit: 'ms', ...atMost('ours', 600) },
} as const satisfies Readonly<Record<string, RowShape>>

export const ROWS = { ...PAIR, ...MESH, ...TRUST } as const
export type RowName = keyof typeof ROWS

export const GROUPS = ['pair', 'mesh', 'trust'] as const
export type Group = (typeof GROUPS)[number]

/** Names in the order of the table. */
export const ROWS_OF: Readonly<Record<Group, readonly RowName[]>> = {
  pair: Object.keys(PAIR) as (keyof typeof PAIR)[],
  mesh: Object.keys(MESH) as (keyof typeof MESH)[],
  trust: Object.keys(TRUST) as (keyof typeof TRUST)[],
}

/** What one scenario found for a row. `null`: that side never finished, or has no such thing; `notes` say which. */
export interface Finding {
  readonly ours: number | null
  /** The neighbour's figure; of several neighbours the best. */
  readonly theirs: number | null
  /** Each neighbour by name, where there are several. */
  readonly neighbours?: Readonly<Record<string, number | null>>
  /** How many single measurements stand behind our figure (or theirs, where we have none). */
  readonly rounds: number
  readonly notes: readonly string[]
}

export type Findings = Partial<Record<RowName, Finding>>

/** A row as it is written to the file. */
export interface ReportedRow extends Finding {
  readonly ratio: number | null
  readonly unit: string
  readonly better: 'lower' | 'higher'
}

export type Verdict = 'ok' | 'miss' | 'no figure' | 'reported'

export function reportRow(name: RowName, finding: Finding): ReportedRow {
  const { unit, better }: RowShape = ROWS[name]
  return { ...finding, ratio: ratioOf(finding), unit, better }
}

export function judge(name: RowName, { ours, ratio, better }: ReportedRow): Verdict {
  const { target }: RowShape = ROWS[name]
  if (target === undefined) return ours === null ? 'no figure' : 'reported'
  const figure = target.of === 'ours' ? ours : ratio
  if (figure === null) return 'no figure'
  return (better === 'lower' ? figure <= target.bound : figure >= target.bound) ? 'ok' : 'miss'
}

/** The promise in a few characters, such as `ratio <= 1.5`. */
export function targetText(name: RowName): string {
  const { target, better }: RowShape = ROWS[name]
  if (target === undefined) return ''
  return `${target.of === 'ratio' ? 'ratio ' : ''}${better === 'lower' ? '<=' : '>='} ${target.bound}`
}

/** The best of several neighbours; one that never finished is none. */
export function bestOf(
  neighbours: Readonly<Record<string, number | null>>,
  better: 'lower' | 'higher',
): number | null {
  const figures = Object.values(neighbours).filter((figure) => figure !== null)
  if (figures.length === 0) return null
  return better === 'lower' ? Math.min(...figures) : Math.max(...figures)
}

function ratioOf({ ours, theirs }: Finding): number | null {
  return ours === null || theirs === null || theirs === 0 ? null : ours / theirs
}
