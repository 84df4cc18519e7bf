/** A secret in memory: it never shows in a log, an error or JSON, and only `reveal` lets it out. */

export class Secret {
  readonly #bytes: Uint8Array

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  /** The bytes themselves, not a copy. */
  reveal(): Uint8Array {
    return this.#bytes
  }

  toJSON(): string {
    return '[secret]'
  }

  toString(): string {
    return '[secret]'
  }
}
