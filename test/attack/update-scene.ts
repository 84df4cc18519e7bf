/** The scene of attacks inside an entry: a session with three roots, and Mallory, who may write. */
import { applyUpdate } from 'yjs'
import { SharedDocument } from '../../src/doc/document.ts'
import { crafted } from './crafted.ts'
import type { Ground } from './ground.ts'
import { contentOf, gather, type Party } from './party.ts'
import type { Stage } from './stage.ts'
import { type HostileWriter, Villain } from './villain.ts'

export const ROOTS = { main: 'text', t: 'text', board: 'map' } as const

export interface Scene {
  readonly ground: Ground
  readonly party: Party
  readonly mallory: Villain
  readonly before: string
}

export async function setScene(stage: Stage): Promise<Scene> {
  const ground = await stage.ground()
  const party = await gather(ground, { roots: ROOTS })
  const mallory = await Villain.enlist(ground, party, 'editor')
  return { ground, party, mallory, before: contentOf(party.ada.doc) }
}

/** One entry with this update, on a link of its own, to Ada. @returns whether she hung up */
export async function say(
  scene: Scene,
  writer: HostileWriter,
  update: Uint8Array,
): Promise<'open' | 'closed'> {
  const link = await scene.mallory.link(scene.party.ada)
  link.sendEntries([writer.write(update)])
  const ended = await link.settle()
  link.close()
  return ended
}

/** Without the firewall: whatever comes goes into Yjs, as a provider does. */
export function switchFirewallOff(stage: Stage): void {
  stage.switchOff(
    SharedDocument.prototype,
    'inspect',
    () =>
      function (this: SharedDocument, _update, clientID) {
        const clock = this.nextClock(clientID)
        return { clock, end: clock, needs: [], ownNeed: 0 }
      },
  )
  stage.switchOff(
    SharedDocument.prototype,
    'apply',
    () =>
      function (this: SharedDocument, update) {
        try {
          applyUpdate(this.doc, update)
        } catch (error) {
          stage.damage(`Yjs threw ${String(error)}`)
        }
        return 'applied'
      },
  )
}

export function clientIdOfBen({ ben }: Party): number {
  return ben.doc.clientID
}

export async function expectEachRefused(stage: Stage, scene: Scene, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const writer = scene.mallory.writer()
    const told = scene.party.told.length
    await say(scene, writer, crafted(name, writer.clientID, clientIdOfBen(scene.party)))
    stage.expectGuarded(scene.party.told.length > told, `nobody was told of "${name}"`)
  }
}
