import { ArchiveError } from './archive-error.ts'

/** Texts of the table of contents are names and SQL statements; a longer one means that its length is damaged. */
const LONGEST_TEXT = 64 * 1024 * 1024

/** Reads an archive's numbers and texts from chunks, of which it holds no more than it has to. */
export class ByteReader {
  readonly #chunks: AsyncIterator<Uint8Array>
  readonly #taken: (chunk: Uint8Array) => void
  #rest: Buffer = Buffer.alloc(0)
  #at = 0
  /** Of the archive's own integers. */
  intSize = 4
  offsetSize = 8

  /** `taken` is told each chunk before anything in it is read. */
  constructor(chunks: AsyncIterator<Uint8Array>, taken: (chunk: Uint8Array) => void = () => {}) {
    this.#chunks = chunks
    this.#taken = taken
  }

  /** @throws ArchiveError when there are fewer */
  async bytes(count: number): Promise<Buffer> {
    const parts: Buffer[] = []
    let missing = count
    while (missing > 0) {
      if (this.#at === this.#rest.length && !(await this.#next())) throw new ArchiveError('it ends too early')
      const part = this.#rest.subarray(this.#at, this.#at + missing)
      this.#at += part.length
      missing -= part.length
      parts.push(part)
    }
    return parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts)
  }

  /** What was read of the last chunk and not taken. */
  unread(): Buffer {
    return this.#rest.subarray(this.#at)
  }

  async byte(): Promise<number> {
    return (await this.bytes(1)).readUInt8()
  }

  /** A sign byte, then the magnitude, least byte first. */
  async int(): Promise<number> {
    const raw = await this.bytes(1 + this.intSize)
    const magnitude = raw.readUIntLE(1, Math.min(this.intSize, 6))
    return raw[0] === 0 ? magnitude : -magnitude
  }

  async text(): Promise<string | null> {
    const length = await this.int()
    if (length < 0) return null
    if (length > LONGEST_TEXT) throw new ArchiveError('a text in its table of contents is too long to be true')
    return (await this.bytes(length)).toString('utf8')
  }

  async #next(): Promise<boolean> {
    const { done, value } = await this.#chunks.next()
    if (done) return false
    this.#taken(value)
    this.#rest = Buffer.from(value.buffer, value.byteOffset, value.byteLength)
    this.#at = 0
    return true
  }
}
