import type { DigestName } from '../../contract/transfer.ts'

/** The polynomials with their bits reversed, as all of these CRCs are computed. */
const POLYNOMIALS = {
  crc32: { bits: 32, polynomial: 0xedb8_8320n },
  crc32c: { bits: 32, polynomial: 0x82f6_3b78n },
  crc64nvme: { bits: 64, polynomial: 0x9a6c_9329_ac4b_c9b5n },
} as const

export type CrcName = keyof typeof POLYNOMIALS

export const isCrc = (name: DigestName): name is CrcName => name in POLYNOMIALS

export function polynomialOf(name: CrcName): bigint {
  return POLYNOMIALS[name].polynomial
}

/**
 * The CRC of two pieces one after the other from the CRC of each: that of the first is moved on by the length of the
 * second, which is a multiplication by a power of x. So the bytes of a part need not be gone through once more for the whole.
 */
export function combineCrc(name: CrcName, first: Buffer, second: Buffer, bytesOfSecond: number): Buffer {
  const { bits } = POLYNOMIALS[name]
  const moved = multiply(name, power(name, BigInt(bytesOfSecond) * 8n), toNumber(first))
  return toBuffer(moved ^ toNumber(second), bits / 8)
}

/** x to the power of the exponent, modulo the polynomial. */
function power(name: CrcName, exponent: bigint): bigint {
  const one = 1n << BigInt(POLYNOMIALS[name].bits - 1)
  let result = one
  let square = one >> 1n
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = multiply(name, square, result)
    square = multiply(name, square, square)
  }
  return result
}

/** The highest bit is the coefficient of x to the power of 0. */
function multiply(name: CrcName, a: bigint, b: bigint): bigint {
  const { bits, polynomial } = POLYNOMIALS[name]
  let product = 0n
  let factor = b
  for (let bit = 1n << BigInt(bits - 1); bit > 0n; bit >>= 1n) {
    if (a & bit) product ^= factor
    factor = factor & 1n ? (factor >> 1n) ^ polynomial : factor >> 1n
  }
  return product
}

function toNumber(crc: Buffer): bigint {
  return BigInt(`0x${crc.toString('hex')}`)
}

function toBuffer(crc: bigint, bytes: number): Buffer {
  return Buffer.from(crc.toString(16).padStart(bytes * 2, '0'), 'hex')
}
