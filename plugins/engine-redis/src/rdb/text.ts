import { MOST_DIGITS, writeDigits } from './digits.ts'
import type { Hash } from './hash.ts'
import { readLarge, readLargeCompressed } from './large-text.ts'
import { decompress } from './lzf.ts'
import { Collected, type Parts } from './parts.ts'
import { damaged } from './rdb-error.ts'
import { HashParts, hashWhole } from './text-digest.ts'
import type { Waiting, Window } from './window.ts'

/** Texts up to this size are looked at as a whole, larger ones as they pass by. */
export const WHOLE = 1 << 20

/** Reads lengths and texts as RDB files have them: plain, as numbers, or compressed. */
export class TextReader {
  readonly #window: Window
  /** Of the text that was read last, where it is whole. */
  bytes: Buffer
  start = 0
  end = 0
  /** Of the length that was read last: its lower and its upper half, and whether it says an encoding instead. */
  low = 0
  high = 0
  encoded = false
  readonly #unpacked = Buffer.allocUnsafeSlow(WHOLE)
  readonly #number = Buffer.allocUnsafeSlow(MOST_DIGITS)
  readonly #hashing: HashParts = new HashParts()

  constructor(window: Window) {
    this.#window = window
    this.bytes = window.bytes
  }

  /** A length, or the number that is stored like one. */
  *length(): Waiting<number> {
    if (this.#window.end - this.#window.at < 9) yield* this.#window.need(9)
    this.#length()
    if (this.encoded) damaged('There is an encoding where there should be a length')
    return this.count()
  }

  /** The last length as a number. */
  count(): number {
    if (this.high > 0x1fffff) return damaged('There is a length that no memory could hold')
    return this.high * 2 ** 32 + this.low
  }

  /** Reads into `low` and `high` a number that may have all 64 bits. */
  *wide(): Waiting<void> {
    if (this.#window.end - this.#window.at < 9) yield* this.#window.need(9)
    this.#length()
    if (this.encoded) damaged('There is an encoding where there should be a number')
  }

  /**
   * Reads a text. True: it is whole, in `bytes` from `start` to `end`, until the next call. False: it was too large for that, and
   * went to `parts`.
   */
  *text(parts: Parts): Waiting<boolean> {
    if (this.quick()) return true
    const window = this.#window
    if (window.end - window.at < 9) yield* window.need(9)
    this.#length()
    if (!this.encoded) {
      const length = this.count()
      if (length > WHOLE) {
        yield* readLarge(this.#window, length, parts)
        return false
      }
      if (window.end - window.at < length) yield* window.need(length)
      this.bytes = window.bytes
      this.start = window.at
      this.end = window.at += length
      return true
    }
    return this.#integer() || (yield* this.#compressed(parts))
  }

  /** Reads a text that is there as a whole; false when more has to come, or it is too large, and nothing was read. */
  quick(): boolean {
    const window = this.#window
    const start = window.at
    const { bytes } = window
    if (window.end - start < 18) return false
    const first = bytes[start] as number
    // Nearly all of them.
    if (first < 64) {
      const end = start + 1 + first
      if (end > window.end) return false
      this.bytes = bytes
      this.start = start + 1
      window.at = this.end = end
      return true
    }
    this.#length()
    if (!this.encoded) {
      const end = window.at + this.low
      if (this.high === 0 && this.low <= WHOLE && end <= window.end) {
        this.bytes = bytes
        this.start = window.at
        window.at = this.end = end
        return true
      }
    } else if (this.#integer() || this.#quickCompressed()) return true
    window.at = start
    return false
  }

  /** Whether the encoding that was just read says that a number follows, which is then read. */
  #integer(): boolean {
    const { bytes, at } = this.#window
    switch (this.low) {
      case 0:
        this.#digits(bytes.readInt8(at), 1)
        return true
      case 1:
        this.#digits(bytes.readInt16LE(at), 2)
        return true
      case 2:
        this.#digits(bytes.readInt32LE(at), 4)
        return true
      case 3:
        return false
      default:
        return damaged(`There is a text of the unknown encoding ${this.low}`)
    }
  }

  #quickCompressed(): boolean {
    const window = this.#window
    this.#length()
    const packed = this.low
    if (this.high !== 0 || this.encoded || window.end - window.at < 9) return false
    this.#length()
    const length = this.low
    if (this.high !== 0 || this.encoded || packed > WHOLE || length > WHOLE) return false
    if (window.end - window.at < packed) return false
    decompress(window.bytes, window.at, window.at + packed, this.#unpacked, 0, length)
    window.at += packed
    this.bytes = this.#unpacked
    this.start = 0
    this.end = length
    return true
  }

  /** As `hashed`, for a text that is there as a whole; otherwise -1, and nothing was read. */
  quickHash(hash: Hash): number {
    if (!this.quick()) return -1
    hashWhole(hash, this.bytes, this.start, this.end)
    return this.end - this.start
  }

  /** A length that is there as a whole; otherwise -1, and nothing was read. */
  quickLength(): number {
    const window = this.#window
    if (window.end - window.at < 9) return -1
    const first = window.bytes[window.at] as number
    if (first >= 64) return -1
    window.at++
    return first
  }

  /** Reads a text and leaves its digest in `hash`. Returns its length. */
  *hashed(hash: Hash): Waiting<number> {
    const parts = this.#hashing
    if (!(yield* this.text(parts))) {
      hash.a = parts.hash.a
      hash.b = parts.hash.b
      return parts.length
    }
    hashWhole(hash, this.bytes, this.start, this.end)
    return this.end - this.start
  }

  /** Reads a text into a buffer of its own. */
  *copied(): Waiting<Buffer> {
    const parts = new Collected()
    if (!(yield* this.text(parts))) return parts.whole
    return Buffer.from(this.bytes.subarray(this.start, this.end))
  }

  #length(): void {
    const window = this.#window
    const { bytes } = window
    const first = bytes[window.at++] as number
    this.encoded = false
    this.high = 0
    if (first < 64) this.low = first
    else if (first < 128) this.low = ((first & 63) << 8) | (bytes[window.at++] as number)
    else if (first >= 192) {
      this.low = first & 63
      this.encoded = true
    } else if (first === 0x80) {
      this.low = bytes.readUInt32BE(window.at)
      window.at += 4
    } else if (first === 0x81) {
      this.high = bytes.readUInt32BE(window.at)
      this.low = bytes.readUInt32BE(window.at + 4)
      window.at += 8
    } else damaged('There is a length of an unknown form')
  }

  #digits(number: number, width: number): void {
    this.#window.at += width
    this.bytes = this.#number
    this.start = writeDigits(this.#number, number)
    this.end = this.#number.length
  }

  *#compressed(parts: Parts): Waiting<boolean> {
    const window = this.#window
    const packed = yield* this.length()
    const length = yield* this.length()
    if (packed > WHOLE || length > WHOLE) {
      yield* readLargeCompressed(this.#window, packed, length, parts)
      return false
    }
    if (window.end - window.at < packed) yield* window.need(packed)
    decompress(window.bytes, window.at, window.at + packed, this.#unpacked, 0, length)
    window.at += packed
    this.bytes = this.#unpacked
    this.start = 0
    this.end = length
    return true
  }
}
