import { LARGEST_DOCUMENT } from './archive-format.ts'
import { ArchiveError } from './archive-error.ts'

/** A document, or the end of a block. */
export type Part = Buffer | 'terminator'

const SMALLEST = 5
const TERMINATOR = 0xffff_ffff

/** Cuts a stream of bytes where its documents end. What it gives are views of what it was given. */
export class DocumentSplitter {
  #pending: Buffer[] = []
  #length = 0
  /** How many bytes have to be there for the next part to be whole. */
  #wanted = 4

  /** Whether a part has begun that is not whole. */
  get isWithin(): boolean {
    return this.#length > 0
  }

  *push(chunk: Uint8Array): Generator<Part> {
    this.#pending.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length))
    this.#length += chunk.length
    // Many chunks of one large document are put together once.
    if (this.#length < this.#wanted) return
    const bytes = this.#pending.length === 1 ? (this.#pending[0] as Buffer) : Buffer.concat(this.#pending)
    let at = 0
    for (;;) {
      const left = bytes.length - at
      const size = left < 4 ? undefined : bytes.readUInt32LE(at)
      if (size === TERMINATOR) {
        yield 'terminator'
        at += 4
        continue
      }
      if (size !== undefined && (size < SMALLEST || size > LARGEST_DOCUMENT)) {
        throw new ArchiveError('a document has a length that none can have')
      }
      if (size === undefined || left < size) {
        this.#pending = left === 0 ? [] : [bytes.subarray(at)]
        this.#length = left
        this.#wanted = size ?? 4
        return
      }
      if (bytes[at + size - 1] !== 0) throw new ArchiveError('a document does not end where it says')
      yield bytes.subarray(at, at + size)
      at += size
    }
  }
}
