import { createHash } from 'node:crypto'

/** What a file holds, for comparing it with another one that should be the same. */
export interface Tallied {
  readonly bytes: number
  readonly lines: number
  readonly sha256: string
}

const NEWLINE = 0x0a

/** Counts and digests a file as its bytes go by, wherever they come from: the source, a dump, or scratch. */
export class Tally {
  readonly #digest = createHash('sha256')
  #bytes = 0
  #lines = 0
  #last = NEWLINE

  add(chunk: Uint8Array): void {
    this.#digest.update(chunk)
    this.#bytes += chunk.length
    for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, at + 1)) this.#lines += 1
    this.#last = chunk.at(-1) ?? this.#last
  }

  result(): Tallied {
    // The last line need not have its end.
    const lines = this.#lines + (this.#last === NEWLINE ? 0 : 1)
    return { bytes: this.#bytes, lines, sha256: this.#digest.copy().digest('hex') }
  }
}
