import type { Bytes } from '../bytes.ts'
import { corrupt } from './corrupt.ts'

/** Reads a flow of bytes by what a format needs next instead of by the chunks it comes in. */
export class ByteReader {
  readonly #chunks: AsyncIterator<Uint8Array>
  #chunk: Uint8Array = new Uint8Array(0)
  #offset = 0
  #ended = false

  constructor(source: Bytes) {
    this.#chunks = source[Symbol.asyncIterator]()
  }

  /** How many bytes have been consumed. */
  get offset(): number {
    return this.#offset
  }

  /** The bytes at hand, at least `least` of them unless the flow ends before; consumes nothing. Empty only at the end. */
  async peek(least = 1): Promise<Uint8Array> {
    while (this.#chunk.length < least && !this.#ended) {
      const { value, done } = await this.#chunks.next()
      if (done === true) this.#ended = true
      else this.#chunk = this.#chunk.length === 0 ? value : Buffer.concat([this.#chunk, value])
    }
    return this.#chunk
  }

  /** Consumes `count` of the bytes at hand. */
  advance(count: number): void {
    this.#chunk = this.#chunk.subarray(count)
    this.#offset += count
  }

  /** Consumes exactly `count` bytes (few: they are held at once). Throws ARTIFACT_CORRUPT, naming `what`, when there are fewer. */
  async take(count: number, what: string): Promise<DataView> {
    const bytes = await this.peek(count)
    if (bytes.length < count) throw this.#cut(what, bytes.length)
    this.advance(count)
    return new DataView(bytes.buffer, bytes.byteOffset, count)
  }

  /** Consumes `count` bytes, however many, and throws like `take`. */
  async skip(count: number, what: string): Promise<void> {
    for (let left = count; left > 0;) {
      const bytes = await this.peek()
      if (bytes.length === 0) throw this.#cut(what)
      const part = Math.min(left, bytes.length)
      this.advance(part)
      left -= part
    }
  }

  /** Tells the source that no more is wanted. */
  async close(): Promise<void> {
    if (!this.#ended) await this.#chunks.return?.()
  }

  #cut(what: string, held = 0): Error {
    return corrupt(`The compressed data is cut off at byte ${this.#offset + held}, inside ${what}.`)
  }
}
