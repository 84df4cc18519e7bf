/** The little that the benchmark uses of the neighbours, whose packages hide their types from `import`. */
declare module 'y-webrtc' {
  import type { Awareness } from 'y-protocols/awareness'
  import type { Doc } from 'yjs'

  export class WebrtcProvider {
    constructor(
      room: string,
      doc: Doc,
      options: {
        readonly signaling: readonly string[]
        readonly peerOpts: unknown
        readonly maxConns: number
      },
    )
    readonly awareness: Awareness
    /** Made once a key was derived, so not at once. */
    readonly room: { readonly webrtcConns: ReadonlyMap<string, { readonly connected: boolean }> } | null
    on(name: 'peers', listener: () => void): void
    destroy(): void
  }
}

declare module 'y-indexeddb' {
  import type { Doc } from 'yjs'

  export class IndexeddbPersistence {
    constructor(name: string, doc: Doc)
    readonly whenSynced: Promise<unknown>
    destroy(): Promise<void>
  }
}
