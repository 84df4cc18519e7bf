/**
 * Padmé (Nikitin et al., "Reducing Metadata Leakage from Encrypted Files", PETS 2019): a length is
 * rounded up so that it leaks at most log log of itself, for at most 12 % more bytes.
 */

/** The smallest Padmé length that is at least `length`. */
export function paddedLength(length: number): number {
  if (length < 2) return length
  const exponent = Math.floor(Math.log2(length))
  const significant = Math.floor(Math.log2(exponent)) + 1
  const step = 2 ** Math.max(0, exponent - significant)
  return Math.ceil(length / step) * step
}
