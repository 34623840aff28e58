const NEWLINE = 0x0a
/** A name has at most 255 bytes, and in JSON each may take six. */
const LONGEST_LINE = 8 * 1024

/** Reads a stream now by lines and now by numbers of bytes. Holds no more than a chunk and a line. */
export class ByteReader {
  readonly #chunks: AsyncIterator<Buffer>
  readonly #signal: AbortSignal
  #rest: Buffer = Buffer.alloc(0)

  constructor(source: AsyncIterable<Buffer>, signal: AbortSignal) {
    this.#chunks = source[Symbol.asyncIterator]()
    this.#signal = signal
  }

  /** Without the newline; undefined where the stream ends before there is one, or none comes. */
  async line(): Promise<string | undefined> {
    let at = this.#rest.indexOf(NEWLINE)
    while (at < 0) {
      if (this.#rest.length > LONGEST_LINE) return undefined
      const before = this.#rest
      if (!(await this.#next())) return undefined
      this.#rest = Buffer.concat([before, this.#rest])
      at = this.#rest.indexOf(NEWLINE)
    }
    const text = this.#rest.toString('utf8', 0, at)
    this.#rest = this.#rest.subarray(at + 1)
    return text
  }

  /** So many bytes; fewer where the stream ends before. */
  async *bytes(count: number): AsyncGenerator<Uint8Array> {
    for (let missing = count; missing > 0;) {
      if (this.#rest.length === 0 && !(await this.#next())) return
      const part = this.#rest.subarray(0, missing)
      this.#rest = this.#rest.subarray(part.length)
      missing -= part.length
      yield part
    }
  }

  async #next(): Promise<boolean> {
    this.#signal.throwIfAborted()
    const { done, value } = await this.#chunks.next()
    if (done !== true) this.#rest = value
    return done !== true
  }
}
