/** A document to type into before any session exists; `createSession({ doc })` takes it as it is. */
import { ContentType, Doc } from 'yjs'

/** Its text is collected like any, but never its structure (the law of document.ts), from the first edit on. */
export function createDraft(): Doc {
  return new Doc({ gc: true, gcFilter: (item) => !(item.content instanceof ContentType) })
}
