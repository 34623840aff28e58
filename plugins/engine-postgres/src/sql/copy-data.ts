const END = Buffer.from('\\.\n')
const END_AFTER_ROW = Buffer.from('\n\\.\n')

/** The rows of a COPY as they stand in a dump, up to the line that ends them, wherever chunks do. */
export class CopyData {
  #carry: Buffer = Buffer.alloc(0)
  #atStart = true

  /** The rows that are certain, and what follows the end once that has come. */
  push(chunk: Buffer): { readonly rows: Buffer; readonly rest?: Buffer } {
    const seen = this.#carry.length === 0 ? chunk : Buffer.concat([this.#carry, chunk])
    if (this.#atStart) {
      if (seen.length < END.length) {
        this.#carry = seen
        return { rows: Buffer.alloc(0) }
      }
      this.#atStart = false
      if (seen.subarray(0, END.length).equals(END)) return { rows: Buffer.alloc(0), rest: seen.subarray(END.length) }
    }
    const end = seen.indexOf(END_AFTER_ROW)
    if (end >= 0) return { rows: seen.subarray(0, end + 1), rest: seen.subarray(end + END_AFTER_ROW.length) }
    // The beginning of the end may be what was read last.
    const kept = Math.max(0, seen.length - END_AFTER_ROW.length + 1)
    this.#carry = Buffer.from(seen.subarray(kept))
    return { rows: seen.subarray(0, kept) }
  }
}
