/**
 * Edits nobody else can get, and the way out: the document is rebuilt from the log, and what the person had on
 * screen is entered again as own edits.
 */
import * as Y from 'yjs'
import { replacementBetween } from './difference.ts'
import type { SharedDocument } from './document.ts'

/** Content of another client came into the document past the log: a second provider, or Y.applyUpdate by the app. */
export class ForeignEdit extends Error {
  override name = 'ForeignEdit'
  constructor() {
    super(
      'Something other than this session wrote into its document. Remove other providers from it; the text is kept and entered again as your own edit.',
    )
  }
}

/** The app wrote what its own schema, or any session, does not allow. */
export class UnsharableEdit extends Error {
  override name = 'UnsharableEdit'
  constructor(reason: string) {
    super(
      `The last edit cannot be shared (${reason}). Keep to the declared roots and to small plain values; the text is kept and entered again.`,
    )
  }
}

/** What every text root shows. */
export function textsOf({ doc, schema }: SharedDocument): ReadonlyMap<string, string> {
  const names = Object.keys(schema.roots).filter((name) => schema.roots[name] === 'text')
  return new Map(names.map((name) => [name, doc.getText(name).toString()]))
}

/** Makes the text roots of `fresh` show `texts` again, each by one replacement, as an edit of its writer. */
export function reenter(fresh: SharedDocument, texts: ReadonlyMap<string, string>): void {
  fresh.doc.transact(() => {
    for (const [name, text] of texts) {
      const root = fresh.doc.share.get(name)
      if (root instanceof Y.Text) replaceText(root, text.toWellFormed())
    }
  })
}

function replaceText(root: Y.Text, text: string): void {
  const change = replacementBetween(root.toString(), text)
  if (!change) return
  root.delete(change.from, change.to - change.from)
  root.insert(change.from, change.insert)
}
