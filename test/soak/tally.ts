/** Trials and what came of them, said as they end. */
export class Tally {
  held = 0
  failed = 0

  say(line: string): void {
    process.stdout.write(`${line}\n`)
  }

  trial(name: string, holds: boolean, figures: string): void {
    if (holds) this.held++
    else this.failed++
    this.say(`${new Date().toISOString().slice(11, 19)} ${holds ? 'held  ' : 'FAILED'} ${name}: ${figures}`)
  }

  /** A scene that throws is one trial that failed; the others go on. */
  async playing(name: string, play: () => Promise<void>): Promise<void> {
    try {
      await play()
    } catch (error) {
      this.trial(name, false, error instanceof Error ? (error.stack ?? error.message) : String(error))
    }
  }
}
