/** Attacks on who is sent what: heads that fall, heads with nothing, again and again. */
import type { Clock } from '../../src/base/ports.ts'
import type { Entry } from '../../src/wire/entry.ts'
import { chainOf, type Head } from '../../src/wire/heads.ts'
import { FULL_SEND_PAUSE_MS } from '../../src/wire/limits.ts'
import { comesTrue, type Ground, until } from './ground.ts'
import type { HostileLink } from './hostile-link.ts'
import { contentOf, expectUnharmed, gather, type Party, textOf } from './party.ts'
import type { Attack, Stage } from './stage.ts'
import { Villain } from './villain.ts'

const PARAGRAPHS = 20
const PARAGRAPH = 'ten bytes\n'.repeat(1_000)
/** Entries, records and padding around the text. */
const WHOLE_BYTES = PARAGRAPHS * PARAGRAPH.length * 1.2
const FALLS = 12

interface Scene {
  readonly ground: Ground
  readonly party: Party
  readonly link: HostileLink
  /** Without the guard as much time goes by between two heads as a full send asks for. */
  pass(): void
}

async function setScene(stage: Stage): Promise<Scene> {
  const ground = await stage.ground()
  const { clock } = ground.device().environment
  let ahead = 0
  const adasClock: Clock = { ...clock, now: () => clock.now() + ahead }
  const party = await gather(ground, { ada: { clock: adasClock } })
  const mallory = await Villain.enlist(ground, party, 'viewer')
  for (let at = 0; at < PARAGRAPHS; at++) party.ada.doc.getText('main').insert(0, PARAGRAPH)
  await until(
    'Ben holds it',
    () => textOf(party.ben) === textOf(party.ada) && party.ada.status.unshared === 0,
  )
  const link = await mallory.link(party.ada)
  const pass = (): void => {
    if (stage.guard === 'off') ahead += FULL_SEND_PAUSE_MS
  }
  return { ground, party, link, pass }
}

function say(link: HostileLink, heads: readonly Head[], answer = false): void {
  link.send({ type: 'heads', answer, seen: 2 ** 40, heads })
}

function headsOf(entries: readonly Entry[]): Head[] {
  const last = new Map<string, Head>()
  for (const { device, writer, seq, id } of entries) {
    last.set(chainOf({ device, writer }), {
      device,
      writer,
      held: seq,
      heldId: id,
      applied: seq,
      ended: false,
    })
  }
  return [...last.values()]
}

/** Resolves when nothing more comes. */
async function quiet(link: HostileLink): Promise<void> {
  for (let before = -1; before !== link.receivedBytes; ) {
    before = link.receivedBytes
    await link.settle()
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

const emptyHeads: Attack = {
  number: 35,
  name: 'heads with nothing, 1,000 times',
  guard: 'the pause between two full sends',
  transports: ['memory'],
  async play(stage) {
    const scene = await setScene(stage)
    const { link, party } = scene
    const before = contentOf(party.ada.doc)
    const times = stage.guard === 'on' ? 1_000 : FALLS
    for (let time = 0; time < times; time++) {
      scene.pass()
      say(link, [])
      if (time % 100 === 99 || stage.guard === 'off') await link.settle()
    }
    await quiet(link)
    // the first send answers the first heads, one full send the others
    stage.expect(
      link.receivedBytes <= 2 * WHOLE_BYTES + times * 64,
      `${link.receivedBytes} bytes were sent for ${PARAGRAPHS * PARAGRAPH.length} of text`,
    )
    link.close()
    if (stage.guard === 'on') await expectUnharmed(stage, party, before)
  },
}

const fallingHeads: Attack = {
  number: 32,
  name: "a peer's heads fall, to make us send again and again",
  guard: 'the pause between two full sends',
  transports: ['memory'],
  async play(stage) {
    const scene = await setScene(stage)
    const { link, party } = scene
    const { ada, ben } = party
    say(link, [])
    await quiet(link)
    await ben.leave()
    const had = link.entries.length
    ada.doc.getText('main').insert(0, 'held by Mallory alone. ')
    await until('Mallory has it', () => link.entries.length > had)
    const whole = headsOf(link.entries)
    say(link, whole)
    stage.expect(
      await comesTrue(() => ada.status.unshared === 0),
      'what Mallory holds counts as shared with nobody',
    )
    const received = link.receivedBytes
    const fallen = whole.map((head) => ({
      ...head,
      held: 1,
      applied: 1,
      heldId: firstId(link.entries, head),
    }))
    for (let time = 0; time < FALLS; time++) {
      scene.pass()
      say(link, whole)
      say(link, fallen)
      await link.settle()
    }
    await quiet(link)
    const resent = link.receivedBytes - received
    stage.expect(resent <= WHOLE_BYTES + FALLS * 256, `${resent} bytes were sent again`)
    stage.expectGuarded(ada.status.unshared > 0, 'what nobody else holds any more still counts as shared')
    say(link, whole)
    stage.expectGuarded(
      await comesTrue(() => ada.status.unshared === 0),
      'what is held again still counts as unshared',
    )
    link.close()
    if (stage.guard === 'off') return
    const { url } = await ada.invite({ role: 'editor' })
    const cleo = await scene.ground.device().api.joinSession(url, { name: 'Cleo' })
    stage.expect(textOf(cleo) === textOf(ada), 'Cleo has another text than Ada')
  },
}

function firstId(entries: readonly Entry[], head: Head): Head['heldId'] {
  const first = entries.find(
    ({ device, writer, seq }) => device === head.device && writer === head.writer && seq === 1,
  )
  return first?.id ?? head.heldId
}

export const SPREADING_ATTACKS: readonly Attack[] = [fallingHeads, emptyHeads]
