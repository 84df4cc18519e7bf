/**
 * Every bound on what a peer controls, each with its reason. They are protocol constants: whether an
 * entry counts may never depend on one device's memory or mood.
 */

const KIB = 1024
const MIB = 1024 * KIB

/** The only version there is. Another one fails closed with `ProtocolMismatch`. */
export const PROTOCOL_VERSION = 1

// Links ------------------------------------------------------------------------------------------------

/** Bytes in one data-channel message. Chromium refuses more than 262,144; at 64 KiB one record delays a
 *  keystroke by about 3 ms on loopback, and larger ones are no faster (16 KiB is 20 to 40 % slower). */
export const MAX_RECORD_BYTES = 64 * KIB
/** Sealed record = lane and last (1) + payload + tag (16). */
export const RECORD_OVERHEAD_BYTES = 17
/** One message after joining its records. Larger bodies travel as blobs. */
export const MAX_FRAME_BYTES = 1 * MIB
/** A frame that makes no progress for this long closes the link. */
export const FRAME_STALL_MS = 30_000
/** Noise, both ways, from open channel to open link. */
export const HANDSHAKE_MS = 10_000
/** Handshakes under way at once; later ones wait in line. Keeps a flood of dials from costing CPU. */
export const MAX_HANDSHAKES = 8
/** Open channels that wait for one of those places: a classroom that comes at once, and then some. */
export const MAX_IN_LINE = 64
/** Certificate, roster head and names fit many times over. */
export const MAX_HANDSHAKE_PAYLOAD_BYTES = 4 * KIB
/** A link key seals at most this many records; then a `rekey` record must have come. */
export const MAX_RECORDS_PER_KEY = 2 ** 20
export const REKEY_AFTER_MS = 3_600_000
export const HEARTBEAT_MS = 5_000
/** No record for this long: the peer is gone. With the grace of its presence everybody knows within 10 s. */
export const DEAD_AFTER_MS = 8_500
/** Most the bulk lane leaves in the channel's buffer: 25 ms of p50 delay for a keystroke beside 10 MB. */
export const MAX_BULK_BUFFERED_BYTES = 128 * KIB
/** The live lane stops handing over here; Chromium throws at about 16 MiB. */
export const MAX_LIVE_BUFFERED_BYTES = 4 * MIB

// Entries and blobs --------------------------------------------------------------------------------------

/** The largest body of an edit, and the largest checkpoint state that stands in its entry; a larger state is a blob. */
export const MAX_INLINE_BODY_BYTES = 256 * KIB
/** Header, padding (at most 12 %) and signature around the largest inline body. */
export const MAX_ENTRY_BYTES = 320 * KIB
/** Chains of one session, and clientIDs of no writer: their heads still fit one frame. */
export const MAX_WRITERS = 15_000
/** Chains a checkpoint lists: its entry stays below MAX_ENTRY_BYTES. A session with more keeps its whole log. */
export const MAX_CHECKPOINT_HEADS = 3_500
/** One checkpoint's state: 64 MB of text, each character in the worst encoding Yjs gives it. */
export const MAX_CHECKPOINT_BYTES = 256 * MIB
/** Plain bytes in one sealed piece of a blob: with tag, message and record around it, it just fits one record. */
export const BLOB_PIECE_BYTES = 60 * KIB
/** Text of a whole session. */
export const MAX_SESSION_TEXT_BYTES = 64 * MIB
/** Entries of one writer. One every 30 ms gets there in a thousand years, and seq + 1 stays a safe integer. */
export const MAX_SEQ = 2 ** 40
/** Entries in one `entries` message. */
export const MAX_RUN_ENTRIES = 4_096

// The log ------------------------------------------------------------------------------------------------

/** Parked entries, stored and forwarded but not applied. Beyond, the newest of the fullest device goes. */
export const MAX_PARKED_BYTES_PER_DEVICE = 1 * MIB
export const MAX_PARKED_BYTES = 16 * MIB
export const MAX_WRITERS_PER_DEVICE = 1_024
/** Chains one `adopt` entry vouches for: all that a device may have. */
export const MAX_ADOPTED_CHAINS = 1_024
/** A full send answers heads that fell or are empty, at most this often per link. */
export const FULL_SEND_PAUSE_MS = 10_000
/** Applied heads rest this long before a state digest is taken. */
export const DIGEST_REST_MS = 1_000
/** Heads (or their digest) go out at most this often while they change. */
export const ACKNOWLEDGE_PAUSE_MS = 200
export const HEADS_DIGEST_PAUSE_MS = 1_000
/** What somebody said it holds and did not come another way is asked for after this, or two round trips. */
export const GRAFT_MS = 200

/** A checkpoint is due when the log since the last exceeds both of these and a good part of the state. */
export const CHECKPOINT_MIN_ENTRIES = 400
export const CHECKPOINT_MIN_BYTES = 128 * KIB

// Capture ------------------------------------------------------------------------------------------------

/** After the first keystroke, at most one entry per this span and writer. */
export const CAPTURE_PAUSE_MS = 30

// The firewall --------------------------------------------------------------------------------------------

export const MAX_STRUCTS = 20_000
export const MAX_DELETE_RANGES = 20_000
/** UTF-16 units in one string. */
export const MAX_STRING_UNITS = 2 ** 20
/** Length of one struct or delete range. */
export const MAX_STRUCT_LENGTH = 2 ** 24
export const MAX_CLOCK = 2 ** 50
export const MAX_TYPE_DEPTH = 16
export const MAX_ANY_DEPTH = 16
export const MAX_ANY_BYTES = 4 * KIB
export const MAX_ROOTS = 64
export const MAX_NAME_BYTES = 256
/** Name of a root: a position that names it still fits MAX_RELATIVE_POSITION_BYTES. */
export const MAX_ROOT_NAME_BYTES = 48

// Roster --------------------------------------------------------------------------------------------------

export const MAX_ROSTER_RECORDS = 4_096
export const MAX_JOINS = 1_024
/** Joins of one device that are kept: one, and those that renewed it. */
export const MAX_JOINS_PER_DEVICE = 16
/** Chains one Restart ends: as many as the checkpoint lists that is handed to whoever lacks some of them. */
export const MAX_RESTART_HEADS = MAX_CHECKPOINT_HEADS
/** The longest record is an Epoch with two wraps (96 bytes) and a Join (16 bytes) for each of MAX_JOINS devices. */
export const MAX_ROSTER_RECORD_BYTES = 256 * KIB
/** A person's name and a title, in UTF-8 bytes. */
export const MAX_PERSON_NAME_BYTES = 64
export const MAX_TITLE_BYTES = 256

// Presence --------------------------------------------------------------------------------------------------

export const MAX_PRESENCE_BYTES = 512
/** In one message: a few kilobytes, so that a keystroke never waits behind them for long. */
export const MAX_PRESENCES = 64
export const MAX_PRESENCE_RANGES = 16
export const MAX_RELATIVE_POSITION_BYTES = 64
/** At most 20 a second. */
export const PRESENCE_PAUSE_MS = 50
/** Whose links are all lost without a goodbye is hidden this much later, unless heard of another way. */
export const PRESENCE_GRACE_MS = 1_000
/** Hops a carried introduction may take: twice as many as a crowd of 128 needs. */
export const MAX_CARRY_HOPS = 16
/** Peers somebody can be linked to or see at once, far above the 128 we promise. */
export const MAX_INSTANCES = 1_024
/** Tabs of one device that are shown. One device never fills the place of everybody else. */
export const MAX_INSTANCES_PER_DEVICE = 32

// Hand-carried ---------------------------------------------------------------------------------------------

/** One text to paste or to scan: a QR code of this length is still read from a screen an arm away. */
export const MAX_CARRIED_CHARACTERS = 600
/** Description and candidates in it; what is around them takes at most 84 of the 450 bytes. */
export const MAX_CARRIED_SIGNALS_BYTES = 364
/** An offer waits this long for its answer. */
export const CARRIED_LIFETIME_MS = 900_000

// Signaling (server and client) ---------------------------------------------------------------------------

export const MAX_SIGNAL_BYTES = 8 * KIB
/** A blob in its envelope. */
export const MAX_SIGNAL_MESSAGE_BYTES = MAX_SIGNAL_BYTES + 256
/** What a member's hello says of the roster, so that it fits a blob: whoever let it in, and who let those in; */
export const MAX_HELLO_JOINS = 3
/** and of the records that the other lacks as many as fit: a change of keys among 45. */
export const MAX_HELLO_RECORDS = 32
export const MAX_HELLO_RECORDS_BYTES = 4.5 * KIB
export const MAX_TOPICS_PER_SOCKET = 32
export const MAX_SOCKETS_PER_TOPIC = 1_024
/** Sockets a newcomer is told about; the mesh introduces the rest. */
export const MAX_PEERS_TOLD = 64
/** A classroom behind one address joins at once. */
export const MAX_SOCKETS_PER_ADDRESS = 512
export const MAX_SOCKETS = 20_000
export const MAX_SLOTS = 10_000
export const MAX_SLOTS_PER_ADDRESS = 64
export const SLOT_LIFETIME_MS = 300_000
