/**
 * Tells of every message with entries that our product hands to a link. On the wire everything is sealed, so
 * this is where such a message can be told from others; an entry of a key fits one record, so each is one send.
 */
import { PeerLink } from '../../src/session/peer-link.ts'

/** @returns the way to stop */
export function watchEntryMessages(handed: () => void): () => void {
  const { sendEntries } = PeerLink.prototype
  PeerLink.prototype.sendEntries = function (this: PeerLink, ...given: Parameters<typeof sendEntries>) {
    handed()
    sendEntries.apply(this, given)
  }
  return () => {
    PeerLink.prototype.sendEntries = sendEntries
  }
}
