import type { Hash } from '../hash.ts'
import { damaged } from '../rdb-error.ts'
import { WHOLE } from '../text.ts'
import { hashNumber, HashParts, hashWhole } from '../text-digest.ts'
import type { Window } from '../window.ts'

/** One element of a packed value: a number, a text, or a text that was too large to be kept and of which there is a digest. */
export class Entry {
  number: number | bigint | undefined
  #bytes: Buffer = Buffer.alloc(0)
  #start = 0
  #end = 0
  readonly #large = new HashParts()
  #isLarge = false
  /** Of a large text, how much has to come. */
  #left = 0

  /** Leaves the digest in `hash`: that of the text, as which a number is written in decimal digits. Returns its length. */
  hashed(hash: Hash): number {
    if (this.#isLarge) {
      hash.a = this.#large.hash.a
      hash.b = this.#large.hash.b
      return this.#large.length
    }
    if (this.number !== undefined) return hashNumber(hash, this.number)
    hashWhole(hash, this.#bytes, this.#start, this.#end)
    return this.#end - this.#start
  }

  /** For what has to be a number. */
  integer(): bigint {
    if (this.number === undefined) return damaged('There is a text where there should be a number')
    return BigInt(this.number)
  }

  /** For what has to be a floating-point number, which may be written as a text. */
  float(): number {
    if (this.number !== undefined) return Number(this.number)
    if (this.#isLarge) damaged('There is a long text where there should be a number')
    return parseFloatText(this.#bytes.toString('latin1', this.#start, this.#end))
  }

  set(number: number | bigint): void {
    this.number = number
    this.#isLarge = false
  }

  /**
   * Takes a text of `length` bytes that begins `head` bytes from where the window stands. False when more has to come: then
   * nothing was read, or the text is large, and `goOn` has to be called until it says true.
   */
  take(window: Window, head: number, length: number): boolean {
    this.number = undefined
    this.#isLarge = length > WHOLE
    if (this.#isLarge) {
      window.at += head
      this.#left = length
      this.#large.begin(length)
      return this.goOn(window)
    }
    const start = window.at + head
    if (window.end - start < length) return false
    this.#bytes = window.bytes
    this.#start = start
    this.#end = window.at = start + length
    return true
  }

  get isComing(): boolean {
    return this.#left > 0
  }

  goOn(window: Window): boolean {
    const there = Math.min(this.#left, window.end - window.at)
    const size = there === this.#left ? there : there & ~3
    this.#large.part(window.bytes, window.at, window.at + size)
    window.at += size
    this.#left -= size
    if (this.#left > 0) return false
    this.#large.finish()
    return true
  }
}

export function parseFloatText(text: string): number {
  switch (text) {
    case 'inf':
      return Infinity
    case '-inf':
      return -Infinity
    case 'nan':
    case '-nan':
      return NaN
  }
  const number = text.trim() === '' ? NaN : Number(text)
  return Number.isNaN(number) ? damaged('There is a score that is no number') : number
}
