/**
 * The measure of what a data channel can do on this machine: 64 KiB messages from one page to another, as fast
 * as they go, without any product.
 */
import { within } from './measuring.ts'
import type { Desktop, Stage } from './stage.ts'

const DEADLINE = 30_000

declare global {
  var rawConnection: RTCPeerConnection | undefined
  var rawChannel: RTCDataChannel | undefined
}

/** Milliseconds from the first message handed over to the last one received. */
export async function rawTransferMs(stage: Stage, bytes: number): Promise<number> {
  // The neighbour's page does nothing until it is asked to, and has the shared clock and the tap.
  const [sender, receiver] = [await stage.open('theirs'), await stage.open('theirs')]
  try {
    await within(DEADLINE, 'a raw data channel', connect(sender, receiver))
    await within(DEADLINE, 'a raw transfer', sender.page.evaluate(sendAll, bytes))
    const [{ sent }, { received }] = [await sender.takePassed(), await receiver.takePassed()]
    const [first, last] = [sent[0], received.at(-1)]
    if (!first || !last || received.length !== sent.length) throw new Error('a raw transfer lost messages')
    return last.at - first.at
  } finally {
    await sender.close()
    await receiver.close()
  }
}

async function connect(sender: Desktop, receiver: Desktop): Promise<void> {
  const offer = await sender.page.evaluate(makeOffer)
  const answer = await receiver.page.evaluate(makeAnswer, offer)
  await sender.page.evaluate(takeAnswer, answer)
}

/** Runs in the page. */
async function makeOffer(): Promise<string> {
  const connection = new RTCPeerConnection()
  globalThis.rawConnection = connection
  globalThis.rawChannel = connection.createDataChannel('raw')
  await connection.setLocalDescription()
  while (connection.iceGatheringState !== 'complete') await new Promise((resolve) => setTimeout(resolve, 10))
  return connection.localDescription?.sdp ?? ''
}

/** Runs in the page. */
async function makeAnswer(sdp: string): Promise<string> {
  const connection = new RTCPeerConnection()
  globalThis.rawConnection = connection
  connection.ondatachannel = ({ channel }) => {
    globalThis.rawChannel = channel
    channel.binaryType = 'arraybuffer'
    channel.onmessage = ({ data }) => {
      if (data instanceof ArrayBuffer && data.byteLength < 65_536) channel.send('all')
    }
  }
  await connection.setRemoteDescription({ type: 'offer', sdp })
  await connection.setLocalDescription()
  while (connection.iceGatheringState !== 'complete') await new Promise((resolve) => setTimeout(resolve, 10))
  return connection.localDescription?.sdp ?? ''
}

/** Runs in the page. */
async function takeAnswer(sdp: string): Promise<void> {
  const channel = globalThis.rawChannel
  const opened = new Promise<void>((resolve) => channel?.addEventListener('open', () => resolve()))
  await globalThis.rawConnection?.setRemoteDescription({ type: 'answer', sdp })
  if (channel?.readyState !== 'open') await opened
}

/** Runs in the page. The last message is shorter than the others; the answer to it says that all has arrived.
 *  At most 128 KiB wait in the
 *  buffer: the fastest of what was tried from there to 15 MiB (0.55 s against 0.9 s to 2.9 s for 10 MB). */
async function sendAll(bytes: number): Promise<void> {
  const channel = globalThis.rawChannel
  if (!channel) throw new Error('there is no raw channel')
  const arrived = new Promise<void>((resolve) => {
    channel.onmessage = () => resolve()
  })
  channel.bufferedAmountLowThreshold = 65_536
  const message = new Uint8Array(65_536)
  for (let sent = 0; sent < bytes; sent += message.length) {
    if (channel.bufferedAmount > 131_072)
      await new Promise((resolve) => channel.addEventListener('bufferedamountlow', resolve, { once: true }))
    channel.send(
      bytes - sent > message.length ? message : message.subarray(0, Math.min(bytes - sent, 65_535)),
    )
  }
  await arrived
}
