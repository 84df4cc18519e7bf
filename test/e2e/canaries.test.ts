/**
 * Nothing that people write, and nothing that says where they are, reaches the server or lies readable on the
 * disk: two people type canaries under canary names and a canary title while everything is recorded. Leaks that
 * are planted on purpose are found by the same search.
 */

import type { Page } from 'puppeteer-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { BROWSERS, closeAll, launchBrowser } from './browsers.ts'
import { arrive, join, share } from './meeting.ts'
import type { Person } from './person.ts'
import { startProduct, stopProducts } from './product.ts'
import { diskOf, leaksIn, spellingsOf, tap, type Wiretap } from './wiretap.ts'

const TITLE = 'canary-title-quetzal.txt'
const ADA = 'Canary Adalbertine'
const BEN = 'Canary Benedikta'
const TEXTS = ['canary text plumage', 'canary réponse Ω']
/** What every session description, fingerprint line and candidate line holds. */
const SIGNALING_WORDS = [
  'v=0\r\no=',
  'a=fingerprint',
  'sha-256',
  'a=candidate',
  'candidate:',
  'typ host',
  '.local',
  'ice-ufrag',
  'ice-pwd',
  'webrtc-datachannel',
]

afterAll(async () => {
  await closeAll()
  await stopProducts()
})

describe.each(BROWSERS)('in %s', (name) => {
  let wire: Wiretap
  let ada: Person
  let ben: Person
  let descriptions: string[]

  beforeAll(async () => {
    const product = await startProduct()
    wire = await tap(product.port)
    const browser = await launchBrowser(name)
    ada = await arrive(browser, ADA)
    ben = await arrive(browser, BEN)
    for (const person of [ada, ben]) await person.page.evaluateOnNewDocument(keepConnections)
    await ada.open(wire.url)
    await ada.type(`${TEXTS[0]}\n`)
    await ada.fill('textbox', 'File name', TITLE)
    await ada.press('Enter')
    await join(ben, await share(ada))
    await ben.type(String(TEXTS[1]))
    for (const person of [ada, ben]) {
      await person.sees(TEXTS.join('\n'))
      await person.seesShared()
      await person.seesSaved()
    }
    descriptions = [...(await descriptionsOf(ada.page)), ...(await descriptionsOf(ben.page))]
  })
  afterAll(async () => {
    await wire.close()
    await closeAll()
  })

  test('the server hears no text, no name and no title', () => {
    expect(leaksIn(wire.heard(), [TITLE, ADA, BEN, ...TEXTS])).toEqual([])
  })

  test('the server hears no session description, no fingerprint and no candidate', () => {
    expect(descriptions.length).toBeGreaterThanOrEqual(2)
    const secrets = descriptions.flatMap(secretsOf)
    expect(secrets.length).toBeGreaterThan(8)
    expect(leaksIn(wire.heard(), secrets)).toEqual([])
    expect(SIGNALING_WORDS.filter((words) => wire.heard().includes(words))).toEqual([])
    expect(fingerprintsOf(descriptions).filter((print) => wire.heard().includes(print))).toEqual([])
  })

  test('no database of either browser holds a text, a name, a title or a description in the clear', async () => {
    for (const person of [ada, ben]) {
      const disk = await diskOf(person.page)
      expect(disk.length).toBeGreaterThan(1_000)
      expect(leaksIn(disk, [TITLE, ADA, BEN, ...TEXTS, ...descriptions.flatMap(secretsOf)])).toEqual([])
      expect(disk.toString('latin1')).toContain('extractable false')
      expect(disk.toString('latin1')).not.toContain('extractable true')
    }
  })

  test('a leak that is planted on the wire or on the disk is found', async () => {
    const planted = [TITLE, ADA, ...TEXTS, ...descriptions.flatMap(secretsOf).slice(0, 3)]
    await ada.page.evaluate(plant, planted)
    const heard = wire.heard()
    const disk = await diskOf(ada.page)
    for (const secret of planted) {
      expect(leaksIn(heard, [secret])).toContain(`${secret} as utf-8`)
      expect(leaksIn(disk, [secret])).toContain(`${secret} as utf-8`)
    }
  })
})

test('the search finds a secret in every spelling, wherever it stands', () => {
  for (const secret of [TITLE, ...TEXTS]) {
    for (const [name, spelling] of spellingsOf(secret)) {
      const around = Buffer.concat([Buffer.from('some bytes before '), spelling, Buffer.from([0, 255, 7])])
      expect(leaksIn(around, [secret])).toContain(`${secret} as ${name}`)
    }
    for (const shift of [0, 1, 2]) {
      const encoded = Buffer.from(`${'~'.repeat(shift)}${secret}~`).toString('base64url')
      expect(leaksIn(Buffer.from(`{"x":"${encoded}"}`), [secret])).toContain(
        `${secret} as base64, ${shift} bytes in`,
      )
    }
  }
})

declare global {
  /** Connections of this page, kept by `keepConnections`. */
  var keptConnections: RTCPeerConnection[] | undefined
}

function keepConnections(): void {
  const kept: RTCPeerConnection[] = []
  globalThis.keptConnections = kept
  const Original = globalThis.RTCPeerConnection
  globalThis.RTCPeerConnection = class extends Original {
    constructor(configuration?: RTCConfiguration) {
      super(configuration)
      kept.push(this)
    }
  }
}

function descriptionsOf(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    (globalThis.keptConnections ?? [])
      .map((one) => one.localDescription?.sdp ?? '')
      .filter((sdp) => sdp !== ''),
  )
}

/** The values in a description that would tell who and where: fingerprint, passwords, candidate addresses. */
function secretsOf(sdp: string): string[] {
  const values = [
    /a=fingerprint:sha-256 (\S+)/g,
    /a=ice-pwd:(\S+)/g,
    /a=candidate:\S+ \d udp \d+ (\S+ \d+)/gi,
    /^o=\S+ (\d+)/gm,
  ]
  return values.flatMap((pattern) => [...sdp.matchAll(pattern)].map((match) => String(match[1])))
}

/** Fingerprints as the 32 bytes they are. */
function fingerprintsOf(sdps: readonly string[]): Buffer[] {
  return sdps.flatMap((sdp) =>
    [...sdp.matchAll(/a=fingerprint:sha-256 (\S+)/g)].map((match) =>
      Buffer.from(String(match[1]).replaceAll(':', ''), 'hex'),
    ),
  )
}

/** What a careless version would do: a message to the server, a row in a database. */
async function plant(secrets: readonly string[]): Promise<void> {
  // each on a socket of its own: the server closes one at the first thing it does not understand
  for (const secret of secrets) {
    const socket = new WebSocket(`${location.origin.replace('http', 'ws')}/signal`)
    await new Promise((resolve) => {
      socket.onopen = () => socket.send(new TextEncoder().encode(secret))
      socket.onclose = resolve
    })
  }
  await new Promise<void>((resolve, reject) => {
    const opening = indexedDB.open('planted')
    opening.onupgradeneeded = () => opening.result.createObjectStore('rows')
    opening.onerror = () => reject(opening.error)
    opening.onsuccess = () => {
      const writing = opening.result.transaction('rows', 'readwrite')
      for (const [at, secret] of secrets.entries())
        writing.objectStore('rows').put({ deep: new TextEncoder().encode(secret) }, at)
      writing.oncomplete = () => {
        opening.result.close()
        resolve()
      }
    }
  })
}
