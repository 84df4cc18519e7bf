/**
 * One peer whose neighbours are played by the test: they say what it lets them say, and what the peer does is read off
 * its outputs. Its log is real. Not here: several peers that answer each other (gossip-town.ts).
 */
import { type InstanceId, idOf } from '../../src/base/ids.ts'
import { step } from '../../src/protocol/gossip.ts'
import {
  type GossipInput,
  type GossipLink,
  type GossipOutput,
  type GossipState,
  startGossip,
} from '../../src/protocol/gossip-state.ts'
import { type ChainId, chainOf } from '../../src/wire/heads.ts'
import type { Acknowledgement, Message } from '../../src/wire/message.ts'
import { fixedBytes } from '../crypto/twin.ts'
import { type Author, type FakeUpdate, fullRoster, type Person, TestLog } from './log-fixture.ts'

/** No round number: turns are counted from 0. */
export const START = 1_000_300

export class Seat {
  readonly log: TestLog
  readonly gossip: GossipState

  constructor(others: readonly Person[] = []) {
    this.log = new TestLog(fullRoster(others))
    this.gossip = startGossip(this.log.state, idOf<InstanceId>(fixedBytes('instance of the seat', 8)))
    this.gossip.now = START
  }

  /** An open link to this person's device that knows what is held there: nothing. */
  link(who: Person, name = who.certificate.name): GossipLink {
    const id = idOf<InstanceId>(fixedBytes(`instance ${name}`, 8))
    this.tell({ type: 'linked', link: id, device: who.device, now: this.gossip.now })
    const link = this.gossip.links.get(id) as GossipLink
    link.compared = true
    return link
  }

  tell(input: GossipInput): GossipOutput[] {
    return step(this.gossip, input).outputs
  }

  /** So many milliseconds after START. */
  tick(millis: number): GossipOutput[] {
    return this.tell({ type: 'tick', now: START + millis })
  }

  ack(link: GossipLink, author: Author, held: number): GossipOutput[] {
    return this.tell({
      type: 'ack',
      link: link.id,
      acknowledgements: [placeOf(author, held)],
      now: this.gossip.now,
    })
  }

  /** The author writes, and it is held here without anybody having been told. */
  hold(author: Author, times = 1, update: Partial<FakeUpdate> = {}): ChainId {
    for (let time = 0; time < times; time++) this.log.receive(author.edit(update))
    return chainIdOf(author)
  }
}

export function placeOf(author: Author, held: number): Acknowledgement {
  return { device: author.who.device, writer: author.writer, held }
}

export function chainIdOf({ who, writer }: Author): ChainId {
  return chainOf({ device: who.device, writer })
}

/** What goes to this link, of one type or all. */
export function sentTo(
  outputs: readonly GossipOutput[],
  link: GossipLink,
  type?: Message['type'],
): readonly Message[] {
  return outputs.flatMap((output) =>
    output.type === 'send' && output.link === link.id && (type ?? output.message.type) === output.message.type
      ? [output.message]
      : [],
  )
}

/** When it wants to be woken, as often as it said so. */
export function wakes(outputs: readonly GossipOutput[]): readonly number[] {
  return outputs.flatMap((output) => (output.type === 'wake' ? [output.at - START] : []))
}
