/** The channel contract over the browser's own WebRTC: both ends in one page. */
import { browserDialer } from '../../src/transport/browser-dialer.ts'
import { channelContract } from './channel.ts'

export const rules = channelContract('simple-peer in the browser', async () => {
  const dialer = await browserDialer()
  return { one: dialer, other: dialer }
})
