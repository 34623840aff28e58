import { Hash } from './hash.ts'
import { decompress, LONGEST_RUN, REACH } from './lzf.ts'
import { damaged } from './rdb-error.ts'
import type { Waiting, Window } from './window.ts'

/** Texts up to this size are looked at as a whole, larger ones as they pass by. */
export const WHOLE = 1 << 20
const PART = 1 << 16
const SEED = 0x7e87

/** Takes a large text in parts. Each but the last is a multiple of four bytes long. */
export interface Parts {
  begin(length: number): void
  part(bytes: Uint8Array, start: number, end: number): void
  finish(): void
}

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
        yield* this.#large(length, parts)
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
      yield* this.#largeCompressed(packed, length, parts)
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

  *#large(length: number, parts: Parts): Waiting<void> {
    const window = this.#window
    parts.begin(length)
    for (let left = length; left > 0;) {
      const there = Math.min(left, window.end - window.at)
      const size = there === left ? left : there & ~3
      if (size === 0) {
        yield
        continue
      }
      parts.part(window.bytes, window.at, window.at + size)
      window.at += size
      left -= size
    }
    parts.finish()
  }

  /** As `decompress`, keeping only as much of what came out as can be repeated. */
  *#largeCompressed(packed: number, length: number, parts: Parts): Waiting<void> {
    const window = this.#window
    const room = Buffer.allocUnsafe(REACH + PART)
    let to = REACH
    let done = 0
    let left = packed
    parts.begin(length)
    const hand = (): void => {
      parts.part(room, REACH, to)
      done += to - REACH
      room.copyWithin(0, to - REACH, to)
      to = REACH
    }
    while (left > 0) {
      const there = Math.min(left, 34)
      if (window.end - window.at < there) yield* window.need(there)
      const { bytes } = window
      const from = window.at
      const control = bytes[from] as number
      if (control < 32) {
        const run = control + 1
        if (run + 1 > left) damaged('A compressed value is cut')
        window.at += run + 1
        left -= run + 1
        for (let taken = 1; taken <= run; taken++) {
          room[to++] = bytes[from + taken] as number
          if (to === REACH + PART) hand()
        }
      } else {
        let run = (control >> 5) + 2
        const long = run === 9
        if (long) run += bytes[from + 1] as number
        const size = long ? 3 : 2
        if (size > left || run > LONGEST_RUN) damaged('A compressed value is cut')
        const back = ((control & 31) << 8) + (bytes[from + size - 1] as number) + 1
        window.at += size
        left -= size
        if (back > done + to - REACH) damaged('A compressed value repeats what is not there')
        for (; run > 0; run--) {
          room[to] = room[to - back] as number
          if (++to === REACH + PART) hand()
        }
      }
      if (done + to - REACH > length) damaged('A compressed value is longer than it says')
    }
    hand()
    if (done !== length) damaged('A compressed value is not as long as it says')
    parts.finish()
  }
}

const MOST_DIGITS = 24

/** Writes a whole number in decimal digits at the end of a buffer of `MOST_DIGITS` bytes. Returns where it begins. */
function writeDigits(target: Buffer, number: number): number {
  let at = target.length
  let left = Math.abs(number)
  do {
    const rest = Math.floor(left / 10)
    target[--at] = 48 + left - rest * 10
    left = rest
  } while (left > 0)
  if (number < 0) target[--at] = 45
  return at
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

export function hashWhole(hash: Hash, bytes: Uint8Array, start: number, end: number): void {
  hash.start(SEED)
  hash.part(bytes, start, end)
  hash.finish(end - start)
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

class Collected implements Parts {
  whole: Buffer = Buffer.alloc(0)
  #at = 0

  begin(length: number): void {
    if (length > MOST_COLLECTED) damaged('There is a name that is longer than any server allows')
    this.whole = Buffer.allocUnsafeSlow(length)
  }

  part(bytes: Uint8Array, start: number, end: number): void {
    this.whole.set(bytes.subarray(start, end), this.#at)
    this.#at += end - start
  }

  finish(): void {}
}

/** The longest text that a server has by default (`proto-max-bulk-len`). */
const MOST_COLLECTED = 512 * 1024 * 1024
