/** Every scenario of every group, in the order of the table. Not here: any measurement. */
import type { Effort } from './measuring.ts'
import type { Findings, RowName } from './rows.ts'
import { measureBeside } from './scenarios/beside.ts'
import { measureCrowdCost } from './scenarios/crowd-cost.ts'
import { measureCrowdJoin } from './scenarios/crowd-join.ts'
import { measureCrowdKeystroke } from './scenarios/crowd-keystroke.ts'
import { measureDisk } from './scenarios/disk.ts'
import { measureIntroducing } from './scenarios/introducing.ts'
import { measureJoining } from './scenarios/joining.ts'
import { measureKeystroke } from './scenarios/keystroke.ts'
import { measureLarge } from './scenarios/large.ts'
import { measureDying, measureRelinking } from './scenarios/loss.ts'
import { measureMesh } from './scenarios/mesh.ts'
import { measureBurst, measureNodeCrowd } from './scenarios/node-crowd.ts'
import { measureReach } from './scenarios/reach.ts'
import { measureTrustActs, measureUnlocking } from './scenarios/trust-acts.ts'
import { measureTrustCosts } from './scenarios/trust-costs.ts'
import { measureWeight } from './scenarios/weight.ts'
import type { Stage } from './stage.ts'

export type Scenario =
  | {
      readonly plays: 'in browsers'
      readonly rows: readonly RowName[]
      readonly measure: (stage: Stage, effort: Effort) => Promise<Findings>
    }
  | {
      readonly plays: 'in Node'
      readonly rows: readonly RowName[]
      readonly measure: (effort: Effort) => Promise<Findings>
    }

export const SCENARIOS: readonly Scenario[] = [
  { plays: 'in browsers', rows: ['keystroke_p50_n2', 'keystroke_p99_n2'], measure: measureKeystroke },
  {
    plays: 'in browsers',
    rows: ['sends_per_key_n8', 'all_sends_per_key_n8', 'bytes_per_key_per_link', 'heap_per_peer_kb'],
    measure: measureMesh,
  },
  { plays: 'in browsers', rows: ['join_100KB_ms'], measure: measureJoining },
  {
    plays: 'in browsers',
    rows: ['transfer_10MB_of_raw', 'join_10MB_on_screen_ms', 'paste_10MB_on_screen_ms'],
    measure: measureLarge,
  },
  { plays: 'in browsers', rows: ['key_during_10MB_p99_ms'], measure: measureBeside },
  {
    plays: 'in browsers',
    rows: ['open_from_disk_trace_ms', 'disk_bytes_trace', 'history_bytes_trace'],
    measure: measureDisk,
  },
  { plays: 'in browsers', rows: ['first_key_gzip_kb', 'total_gzip_kb'], measure: measureWeight },

  { plays: 'in browsers', rows: ['keystroke_p50_n8', 'keystroke_p99_n8'], measure: measureCrowdKeystroke },
  { plays: 'in browsers', rows: ['mesh_join_n20_ms'], measure: measureCrowdJoin },
  {
    plays: 'in browsers',
    rows: ['sends_per_key_n20', 'idle_messages_per_s_n20'],
    measure: measureCrowdCost,
  },
  { plays: 'in Node', rows: ['sends_per_key_n128'], measure: measureNodeCrowd },
  { plays: 'in browsers', rows: ['dead_peer_ms'], measure: measureDying },
  {
    plays: 'in browsers',
    rows: ['relink_after_cut_signaling_down_ms'],
    measure: measureRelinking,
  },
  { plays: 'in Node', rows: ['reach_hops_10000_sim', 'reach_sends_10000_sim'], measure: measureReach },
  { plays: 'in Node', rows: ['join_burst_50_ms', 'join_burst_50_most_sends'], measure: measureBurst },
  {
    plays: 'in Node',
    rows: ['signaling_joins_per_s', 'signaling_kb_per_idle_socket'],
    measure: measureIntroducing,
  },

  {
    plays: 'in Node',
    rows: [
      'handshake_cpu_ms',
      'entry_seal_sign_of_primitives',
      'entry_check_open_of_primitives',
      'catch_up_10k_of_verify',
    ],
    measure: measureTrustCosts,
  },
  {
    plays: 'in Node',
    rows: ['catch_up_checkpoint_ms', 'code_pairing_ms', 'rekey_20_ms'],
    measure: measureTrustActs,
  },
  { plays: 'in browsers', rows: ['unlock_ms'], measure: measureUnlocking },
]
