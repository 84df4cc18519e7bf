/**
 * Texts of another moment brought back as an edit of one's own: only the lines that differ are touched, so that
 * cursors and what others write elsewhere stay. It is undone like any edit.
 */
import type * as Y from 'yjs'
import { replacementBetween } from './difference.ts'
import type { SharedDocument } from './document.ts'
import { lineChanges } from './line-changes.ts'
import { RESTORING } from './undo.ts'

/** Text roots that are not named stay as they are. */
export function restoreTexts({ doc, schema }: SharedDocument, texts: ReadonlyMap<string, string>): void {
  doc.transact(() => {
    for (const [name, text] of texts) if (schema.roots[name] === 'text') bringBack(doc.getText(name), text)
  }, RESTORING)
}

function bringBack(root: Y.Text, text: string): void {
  const now = root.toString()
  let at = 0
  let replaced = ''
  for (const part of [...lineChanges(now, text), { of: 'both', text: '' }]) {
    if (part.of === 'before') {
      replaced = part.text
      continue
    }
    const inserted = part.of === 'after' ? part.text : ''
    const change = replacementBetween(replaced, inserted)
    if (change !== undefined) {
      root.delete(at + change.from, change.to - change.from)
      root.insert(at + change.from, change.insert)
    }
    at += inserted.length + (part.of === 'both' ? part.text.length : 0)
    replaced = ''
  }
}
