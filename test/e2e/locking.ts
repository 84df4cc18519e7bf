/** How people of the end-to-end tests lock a device, and the image of everything a browser kept on its disk. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Person } from './person.ts'

export const PASSPHRASE = 'quetzal plumage 7'

export async function setPassphrase(person: Person): Promise<void> {
  await openDialog(person)
  await person.seesFocusOn('New passphrase')
  await person.typeHere(PASSPHRASE)
  await person.press('Tab')
  await person.typeHere(PASSPHRASE)
  await person.press('Enter')
  await person.find('button', 'Lock now')
  await person.press('Escape')
}

export async function lockNow(person: Person): Promise<void> {
  await openDialog(person)
  await person.click('button', 'Lock now')
  await person.find('button', 'Unlock')
}

export async function unlock(person: Person, passphrase = PASSPHRASE): Promise<void> {
  await person.find('button', 'Unlock')
  await person.seesFocusOn('Passphrase')
  await person.typeHere(passphrase)
  await person.press('Enter')
}

async function openDialog(person: Person): Promise<void> {
  await person.click('button', 'Menu')
  await person.click('button', 'Passphrase…')
}

/** Every file under the folder, one after the other. */
export function imageOf(folder: string): Buffer {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  )
  return Buffer.concat(files.map((entry) => readFileSync(join(entry.parentPath, entry.name))))
}
