/** The updates of vectors/attacks.json, spoken by any writer. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fromHex } from '../../src/base/bytes.ts'
import { Writer } from '../../src/base/codec.ts'
import { rootOfRepository } from '../e2e/browsers.ts'

const VECTORS = JSON.parse(readFileSync(join(rootOfRepository(), 'test/vectors/attacks.json'), 'utf8')) as {
  readonly updates: readonly { readonly name: string; readonly hex: string }[]
}

/** The crafted update, with the clientIDs it speaks of replaced: its writer's (1) and a known one's (2). */
export function crafted(name: string, writer: number, known = 2): Uint8Array {
  const found = VECTORS.updates.find((update) => update.name === name)
  if (found === undefined) throw new Error(`no crafted update is called ${name}`)
  const bytes = fromHex(found.hex)
  const at = bytes[0] === 0 ? 2 : clientAt(bytes)
  const client = bytes[at] === 1 ? writer : bytes[at] === 2 ? known : undefined
  if (client === undefined) return bytes
  return new Writer()
    .fixed(bytes.subarray(0, at))
    .varuint(client)
    .fixed(bytes.subarray(at + 1))
    .finish()
}

/** After the number of blocks and the number of structs, however long they are. */
function clientAt(bytes: Uint8Array): number {
  let at = 1
  while ((bytes[at] ?? 0) >= 128) at++
  return at + 1
}
