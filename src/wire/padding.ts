/**
 * Padmé (Nikitin et al., "Reducing Metadata Leakage from Encrypted Files", PETS 2019): a length is
 * rounded up so that it leaks at most log log of itself, for at most 12 % more bytes.
 */

/** The smallest Padmé length that is at least `length`, which is below 2^31. */
export function paddedLength(length: number): number {
  if (length < 2) return length
  const exponent = floorLog2(length)
  const significant = floorLog2(exponent) + 1
  const step = 2 ** Math.max(0, exponent - significant)
  return Math.ceil(length / step) * step
}

/** In whole numbers: what is padded well must not depend on how an engine rounds Math.log2. Of 1 it is 0. */
function floorLog2(value: number): number {
  return 31 - Math.clz32(value)
}
