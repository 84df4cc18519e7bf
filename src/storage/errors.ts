/** Failures of a store beyond those of the port. Each message says what happened and what to do. */

/** A newer version of the app has written here. Nothing was read or changed. */
export class StorageTooNew extends Error {
  override name = 'StorageTooNew'
  constructor() {
    super('Your sessions were saved by a newer version of this app. Reload or update it to open them.')
  }
}

/** The name is taken, perhaps by another tab a moment ago. Nothing of the session that has it was changed. */
export class SessionExists extends Error {
  override name = 'SessionExists'
  constructor() {
    super('This session is on this device already. Open it instead.')
  }
}

/** The session was erased, here or in another tab: a write would leave rows that nobody can read. */
export class SessionForgotten extends Error {
  override name = 'SessionForgotten'
  constructor() {
    super('This session was erased from this device. Copy what you need from this page, or join it again.')
  }
}
