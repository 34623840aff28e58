import { damaged } from './rdb-error.ts'

/** Takes a large text in parts. Each but the last is a multiple of four bytes long. */
export interface Parts {
  begin(length: number): void
  part(bytes: Uint8Array, start: number, end: number): void
  finish(): void
}

/** Puts them together again. */
export class Collected implements Parts {
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
