/** Files in and out of the page: one text file, by the menu or dropped on the page; downloads in every state. */
import { strings } from './strings.ts'

/** A session holds no more. */
const MAX_FILE_BYTES = 64_000_000

export interface TextFile {
  readonly name: string
  readonly text: string
}

/** Reads a file as UTF-8. @throws Error with a sentence for a file that is too large or no text */
export async function readTextFile(file: File): Promise<TextFile> {
  if (file.size > MAX_FILE_BYTES) throw new Error(strings.problems.tooLarge)
  const bytes = await file.arrayBuffer()
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    if (!text.includes('\0')) return { name: file.name, text }
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
  }
  throw new Error(strings.notText)
}

/** Asks the person for a file. @returns undefined when they changed their mind */
export function chooseFile(): Promise<File | undefined> {
  const field = document.createElement('input')
  field.type = 'file'
  return new Promise((resolve) => {
    field.addEventListener('change', () => resolve(field.files?.[0]))
    field.addEventListener('cancel', () => resolve(undefined))
    field.click()
  })
}

/** Hands the text to the browser as a file; a name without an ending gets `.txt`. */
export function downloadText(title: string, text: string): void {
  const link = document.createElement('a')
  const address = URL.createObjectURL(new Blob([text], { type: 'text/plain;charset=utf-8' }))
  link.href = address
  link.download = /\.[^./\\]+$/.test(title) ? title : `${title}.txt`
  link.click()
  setTimeout(() => URL.revokeObjectURL(address), 60_000) // the download has long begun by then
}
