/** Which way a channel takes is read from what the platform says of its pair of candidates. */
import { expect, test } from 'vitest'
import { SimplePeerChannel } from '../../src/transport/simple-peer-channel.ts'

interface Pair {
  readonly local: string
  readonly remote: string
  /** The other side's candidates as its description has them. */
  readonly announced?: string
}

/** What a connection says whose pair was selected; Firefox marks the pair, the others name it. */
function channelOver({ local, remote, announced = '' }: Pair, isNamed = true): SimplePeerChannel {
  const reports = [
    { id: 'l', type: 'local-candidate', candidateType: local },
    { id: 'r', type: 'remote-candidate', candidateType: remote, ip: '203.0.113.10', port: 51730 },
    { id: 'p', type: 'candidate-pair', localCandidateId: 'l', remoteCandidateId: 'r', selected: !isNamed },
    { id: 't', type: 'transport', selectedCandidatePairId: isNamed ? 'p' : undefined },
  ]
  const connection = {
    getStats: async () => new Map(reports.map((report) => [report.id, report])),
    remoteDescription: { sdp: `v=0\r\n${announced}` },
  } as unknown as RTCPeerConnection
  return new SimplePeerChannel(connection, {} as RTCDataChannel, () => undefined)
}

const RELAY_THERE = 'a=candidate:3 1 UDP 1048063 203.0.113.10 51730 typ relay raddr 0.0.0.0 rport 0\r\n'

test.each([
  ['direct', 'of two hosts', { local: 'host', remote: 'host' }],
  ['relay', 'through the own relay', { local: 'relay', remote: 'host' }],
  ['relay', "through the other's relay", { local: 'host', remote: 'relay' }],
  [
    'relay',
    "through the other's relay, which asked before word of it came",
    { local: 'host', remote: 'prflx', announced: RELAY_THERE },
  ],
  [
    'direct',
    "to another port than the one of the other's relay",
    { local: 'host', remote: 'prflx', announced: RELAY_THERE.replace('51730', '5173') },
  ],
  [
    'direct',
    'to an address that the other announced as its own',
    { local: 'host', remote: 'prflx', announced: RELAY_THERE.replace('relay', 'host') },
  ],
] as const)('%s: %s', async (route, _what, pair) => {
  expect(await channelOver(pair).route()).toBe(route)
  expect(await channelOver(pair, false).route()).toBe(route)
})
