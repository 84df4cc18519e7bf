/** The rows in words, and the figures they are drawn in. Not here: any number. */
import type { RowName } from './rows.ts'

export const ROW_WORDS: Readonly<Record<RowName, string>> = {
  keystroke_p50_n2: 'key to the other screen, 2 peers, median',
  keystroke_p99_n2: 'key to the other screen, 2 peers, 99th percentile',
  sends_per_key_n8: 'messages that carry a key, 8 peers',
  all_sends_per_key_n8: 'all messages for a key, 8 peers',
  bytes_per_key_per_link: 'bytes of a key on one link',
  join_100KB_ms: 'joining a 100 KB session',
  transfer_10MB_of_raw: "10 MB, share of a raw data channel's rate",
  join_10MB_on_screen_ms: '10 MB joined, on screen',
  paste_10MB_on_screen_ms: '10 MB pasted, on the other screen',
  key_during_10MB_p99_ms: 'a key beside 10 MB moving, 99th percentile',
  open_from_disk_trace_ms: 'opening a 260,000-edit session from disk',
  disk_bytes_trace: 'the same on disk',
  history_bytes_trace: 'its sealed history on disk',
  first_key_gzip_kb: 'over the network until the editor takes a key',
  total_gzip_kb: 'over the network in all',
  heap_per_peer_kb: 'memory for each further peer',
  keystroke_p50_n8: 'key to all other screens, 8 peers, median',
  keystroke_p99_n8: 'key to all other screens, 8 peers, 99th percentile',
  mesh_join_n20_ms: '20 pages meet, everybody sees every caret',
  sends_per_key_n20: 'messages that carry a key, 20 peers',
  sends_per_key_n128: 'messages that carry a key, 128 peers in Node',
  idle_messages_per_s_n20: 'messages a second while nobody does anything, 20 peers',
  dead_peer_ms: 'browser killed to caret gone',
  relink_after_cut_signaling_down_ms: 'link cut to link back, server gone, 3 peers',
  reach_hops_10000_sim: 'hops to the last of 10,000 peers, simulated',
  reach_sends_10000_sim: 'messages to reach 10,000 peers, simulated',
  join_burst_50_ms: '50 join a 128 KB session at once',
  join_burst_50_most_sends: 'times one peer sends the document then',
  signaling_joins_per_s: 'joins a second on one core of the server',
  signaling_kb_per_idle_socket: "the server's memory for a socket that waits",
  handshake_cpu_ms: 'a handshake, both sides',
  entry_seal_sign_of_primitives: 'making entries, beside the bare calls of libsodium',
  entry_check_open_of_primitives: 'checking and opening entries, beside the bare calls',
  catch_up_10k_of_verify: '10,000 entries caught up, beside 10,000 bare verifications',
  catch_up_checkpoint_ms: 'joining the same text by a checkpoint',
  code_pairing_ms: 'a spoken code, typed to joined',
  rekey_20_ms: 'new keys for 20 members',
  unlock_ms: 'right passphrase to text',
}

export interface FigurePlan {
  /** Name of the file, without its ending. */
  readonly name: string
  readonly title: string
  readonly rows: readonly RowName[]
}

export const FIGURES: readonly FigurePlan[] = [
  {
    name: 'keystroke',
    title: 'How long a key takes to the other screens',
    rows: ['keystroke_p50_n2', 'keystroke_p99_n2', 'keystroke_p50_n8', 'keystroke_p99_n8'],
  },
  {
    name: 'messages',
    title: 'How much is said',
    rows: [
      'sends_per_key_n8',
      'sends_per_key_n20',
      'sends_per_key_n128',
      'idle_messages_per_s_n20',
      'all_sends_per_key_n8',
      'bytes_per_key_per_link',
    ],
  },
  {
    name: 'joining',
    title: 'How long it takes until one is in',
    rows: [
      'join_100KB_ms',
      'mesh_join_n20_ms',
      'join_burst_50_ms',
      'join_10MB_on_screen_ms',
      'paste_10MB_on_screen_ms',
      'key_during_10MB_p99_ms',
    ],
  },
  {
    name: 'healing',
    title: 'How long it takes until a loss is noticed or mended',
    rows: ['dead_peer_ms', 'relink_after_cut_signaling_down_ms'],
  },
  {
    name: 'device',
    title: 'What it costs the device',
    rows: [
      'open_from_disk_trace_ms',
      'disk_bytes_trace',
      'first_key_gzip_kb',
      'total_gzip_kb',
      'heap_per_peer_kb',
    ],
  },
  {
    name: 'server',
    title: 'What the introducing server does',
    rows: ['signaling_joins_per_s', 'signaling_kb_per_idle_socket'],
  },
]
