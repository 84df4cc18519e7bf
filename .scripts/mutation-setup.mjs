/**
 * Properties are tried for a moment and no longer while a mutant is alive: a thousand tries of each, for each mutant, would
 * take days. Whatever is found with more tries survives here, so the counts are too low rather than too high.
 */
import fc from 'fast-check'

/** Milliseconds for one property. */
const MOMENT = 100

fc.configureGlobal({ interruptAfterTimeLimit: MOMENT, markInterruptAsFailure: false })
