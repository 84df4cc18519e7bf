/** What a simulation can find wrong. */
export type Finding = 'diverged' | 'lost' | 'dishonest'

export class Broken extends Error {
  readonly finding: Finding
  constructor(finding: Finding, detail: string) {
    super(detail)
    this.finding = finding
  }
}
