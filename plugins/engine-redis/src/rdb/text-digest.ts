import { MOST_DIGITS, writeDigits } from './digits.ts'
import { Hash } from './hash.ts'
import type { Parts } from './parts.ts'

const SEED = 0x7e87

export function hashWhole(hash: Hash, bytes: Uint8Array, start: number, end: number): void {
  hash.start(SEED)
  hash.part(bytes, start, end)
  hash.finish(end - start)
}

const digits = Buffer.allocUnsafeSlow(MOST_DIGITS)

/** The digest of the text as which a number is written. Returns its length. */
export function hashNumber(hash: Hash, number: number | bigint): number {
  if (typeof number === 'bigint') {
    const text = Buffer.from(String(number), 'latin1')
    hashWhole(hash, text, 0, text.length)
    return text.length
  }
  const start = writeDigits(digits, number)
  hashWhole(hash, digits, start, MOST_DIGITS)
  return MOST_DIGITS - start
}

/** The same digest of a text that comes in parts. */
export class HashParts implements Parts {
  readonly hash = new Hash()
  length = 0

  begin(length: number): void {
    this.length = length
    this.hash.start(SEED)
  }

  part(bytes: Uint8Array, start: number, end: number): void {
    this.hash.part(bytes, start, end)
  }

  finish(): void {
    this.hash.finish(this.length)
  }
}
