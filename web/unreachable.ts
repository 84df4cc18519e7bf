/** Ends every `switch` over a union: adding a member without a case fails to compile. */
export function unreachable(value: never): never {
  throw new TypeError(`a case nobody wrote: ${JSON.stringify(value)}`)
}
