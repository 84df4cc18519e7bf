/** Public keys no honest device has: of small order, of mixed order, or in a second spelling. */
import { fromHex } from '../../src/base/bytes.ts'

/** Little-endian, 32 bytes: `first`, then `rest` up to `last`. */
function spelled(first: number, rest: number, last: number): Uint8Array {
  const bytes = new Uint8Array(32).fill(rest)
  bytes[0] = first
  bytes[31] = last
  return bytes
}

/** p = 2^255 - 19 ends in ed; u of small order on the curve or its twist, and what is the same u modulo p. */
export const WEAK_DH_KEYS: readonly Uint8Array[] = [
  spelled(0x00, 0x00, 0x00),
  spelled(0x01, 0x00, 0x00),
  fromHex('5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157'),
  fromHex('e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800'),
  spelled(0xec, 0xff, 0x7f),
  spelled(0xed, 0xff, 0x7f),
  spelled(0xee, 0xff, 0x7f),
  spelled(0xff, 0xff, 0x7f),
  spelled(0x00, 0x00, 0x80),
  spelled(0xff, 0xff, 0xff),
  // u = 9 with the bit set that X25519 does not look at.
  spelled(0x09, 0x00, 0x80),
  // p + 9.
  spelled(0xf6, 0xff, 0x7f),
]

export const WEAK_SIGN_KEYS: readonly Uint8Array[] = [
  // Order 1, 2 and 4.
  spelled(0x01, 0x00, 0x00),
  spelled(0xec, 0xff, 0x7f),
  spelled(0x00, 0x00, 0x00),
  spelled(0x00, 0x00, 0x80),
  // Order 8.
  fromHex('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a'),
  fromHex('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa'),
  fromHex('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05'),
  fromHex('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85'),
  // The identity and others in a second spelling: y beyond p, or the sign of a zero.
  spelled(0x01, 0x00, 0x80),
  spelled(0xec, 0xff, 0xff),
  ...Array.from({ length: 19 }, (_, i) => spelled(0xed + i, 0xff, 0x7f)),
  ...Array.from({ length: 19 }, (_, i) => spelled(0xed + i, 0xff, 0xff)),
  // An honest key with a point of order 8 added.
  fromHex('cdbc161be64c4302f56443ff29ccf36a2075be1a1fa67ff126b56315f5681c38'),
  // On no curve.
  spelled(0x02, 0x00, 0x00),
]
