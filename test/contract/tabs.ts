/** What every adapter of `TabPort` does, with two or three tabs of one browser. Not here: a test framework. */
import type { TabLock, TabPort } from '../../src/transport/port.ts'
import type { Rule } from '../e2e/suite.ts'
import { claimBytes, claimEqual, soon } from './claims.ts'

/** What a lock told, in order, and waiting for the next of it. */
class Told {
  readonly words: string[] = []
  readonly #waiting: { readonly count: number; readonly resolve: () => void }[] = []

  say(word: string): void {
    this.words.push(word)
    for (const { count, resolve } of this.#waiting) if (this.words.length >= count) resolve()
  }

  heard(count: number): Promise<void> {
    const heard = new Promise<void>((resolve) => {
      if (this.words.length >= count) resolve()
      else this.#waiting.push({ count, resolve })
    })
    return soon(heard, `word ${count} of a lock`)
  }
}

function waiting(port: TabPort, name: string): { lock: TabLock; told: Told } {
  const told = new Told()
  if (port.waitForLock === undefined) throw new Error('this adapter has no locks')
  const lock = port.waitForLock(name, { granted: () => told.say('granted'), lost: () => told.say('lost') })
  claimEqual(told.words, [])
  return { lock, told }
}

export function tabsContract(adapter: string, open: () => TabPort): readonly Rule[] {
  let names = 0
  const fresh = (): string => `contract of ${adapter} ${++names}`
  return [
    {
      name: `${adapter}: what one tab posts all others get, in order, and it does not itself`,
      run: async () => {
        const [name, other, own] = [fresh(), new Told(), new Told()]
        const bytes: Uint8Array[] = []
        const one = open().join(name, () => own.say('heard itself'))
        const two = open().join(name, (message) => {
          bytes.push(message)
          other.say('heard')
        })
        for (const byte of [1, 2, 3]) one.post(Uint8Array.of(byte))
        await other.heard(3)
        claimBytes(Uint8Array.from(bytes.map((message) => message[0] ?? 0)), Uint8Array.of(1, 2, 3))
        claimEqual(own.words, [])
        for (const group of [one, two]) group.close()
      },
    },
    {
      name: `${adapter}: a lock is one tab's at a time and passes on in the order of waiting`,
      run: async () => {
        const [name, port] = [fresh(), open()]
        const one = waiting(port, name)
        await one.told.heard(1)
        const two = waiting(open(), name)
        const three = waiting(open(), name)
        one.lock.close()
        await two.told.heard(1)
        claimEqual(three.told.words, [])
        two.lock.close()
        await three.told.heard(1)
        three.lock.close()
        claimEqual(
          [one.told.words, two.told.words, three.told.words],
          [['granted'], ['granted'], ['granted']],
        )
      },
    },
    {
      name: `${adapter}: a stolen lock is lost by one tab and granted to the other, and comes back when that one closes`,
      run: async () => {
        const name = fresh()
        const one = waiting(open(), name)
        await one.told.heard(1)
        const two = waiting(open(), name)
        two.lock.steal()
        await Promise.all([two.told.heard(1), one.told.heard(2)])
        two.lock.close()
        await one.told.heard(3)
        one.lock.close()
        claimEqual([one.told.words, two.told.words], [['granted', 'lost', 'granted'], ['granted']])
      },
    },
    {
      name: `${adapter}: who waits no longer is passed over`,
      run: async () => {
        const name = fresh()
        const one = waiting(open(), name)
        await one.told.heard(1)
        const two = waiting(open(), name)
        const three = waiting(open(), name)
        two.lock.close()
        one.lock.close()
        await three.told.heard(1)
        three.lock.close()
        claimEqual(two.told.words, [])
      },
    },
    {
      name: `${adapter}: the sight of a tab is told at once`,
      run: () => {
        const told: string[] = []
        open().watchSight?.((sight) => told.push(sight))()
        claimEqual(told, ['seen'])
      },
    },
  ]
}
