/**
 * One person in a process of their own, for a namespace: founds a session or joins one, and does what stdin
 * says, one line each; answers on stdout with one line of JSON each. Ends with stdin.
 *
 *   peer.js <signaling URL> <name> [relay-only | calls-itself-relay]
 *   found | join <url>    -> { "invite": url } | { "joined": text }
 *   type <count>          -> { "typed": count }        one character an edit, each on its own turn
 *   check                 -> { subject: verdict, ... }
 *   await <length>        -> { "text": text, "path": "direct" | "relay" | "unknown" }   once the text is that long
 */
import { createInterface } from 'node:readline'
import { RTCIceCandidate } from 'node-datachannel/polyfill'
import { createNode, runCheck, type Session } from '../../src/node.ts'

const [, , signaling = '', name = '', wish] = process.argv
if (wish === 'calls-itself-relay') callOwnAddressesRelays()
const node = createNode({ signaling })
const options = { name, relayOnly: wish === 'relay-only' }
let session: Session | undefined

for await (const line of createInterface({ input: process.stdin })) {
  const [verb = '', argument = ''] = line.split(' ')
  try {
    say(await perform(verb, argument))
  } catch (error) {
    say({ failure: error instanceof Error ? error.name : String(error) })
  }
}
await session?.leave()
process.exit(0)

async function perform(verb: string, argument: string): Promise<unknown> {
  if (verb === 'found') return found()
  if (verb === 'join') return join(argument)
  if (verb === 'check') return check()
  if (session === undefined) throw new TypeError('found or join first')
  if (verb === 'type') return type(session, Number(argument))
  if (verb === 'await') return reached(session, Number(argument))
  throw new TypeError(`nobody knows how to ${verb}`)
}

async function found() {
  session = await node.createSession(options)
  session.doc.getText('main').insert(0, 'Ada was here. ')
  const { url } = await session.invite({ role: 'editor' })
  return { invite: url }
}

async function join(url: string) {
  session = await node.joinSession(url, options)
  return { joined: session.doc.getText('main').toString() }
}

async function check() {
  const { findings } = await runCheck({ signaling })
  return Object.fromEntries(findings.map(({ subject, verdict }) => [subject, verdict]))
}

/** In front of the text, so that what two write at once is told apart from what one wrote. */
async function type({ doc }: Session, count: number) {
  for (let n = 0; n < count; n++) {
    doc.getText('main').insert(0, name.charAt(0))
    await new Promise<void>((resolve) => setImmediate(resolve))
  }
  return { typed: count }
}

function reached(live: Session, length: number): Promise<unknown> {
  return new Promise((resolve) => {
    const look = (): void => {
      const text = live.doc.getText('main').toString()
      const path = live.peers[0]?.path ?? 'unknown'
      if (text.length >= length && path !== 'unknown' && live.status.unshared === 0) resolve({ text, path })
      else setTimeout(look, 20)
    }
    look()
  })
}

/** What somebody does who wants to be asked at their own address by a person who asks nobody but relays. */
function callOwnAddressesRelays(): void {
  const read = Object.getOwnPropertyDescriptor(RTCIceCandidate.prototype, 'candidate')?.get
  if (read === undefined) throw new TypeError('node-datachannel tells its candidates in another way')
  Object.defineProperty(RTCIceCandidate.prototype, 'candidate', {
    get(): string {
      return read.call(this).replace(' typ host', ' typ relay raddr 0.0.0.0 rport 0')
    },
  })
}

function say(answer: unknown): void {
  process.stdout.write(`${JSON.stringify(answer)}\n`)
}
