import type { InflateRaw, ZstdDecompress } from 'node:zlib'
import { corrupt } from './corrupt.ts'

/**
 * Options for a decoder: pieces of 128 KiB, large enough that crossing to the thread pool costs little, and one piece
 * made ahead.
 */
export const DECODER_OPTIONS = { chunkSize: 1 << 17, readableHighWaterMark: 1 << 17 } as const

/**
 * Drives one of Node's decoders a chunk at a time. The stream interface alone does not tell how much of its input a
 * decoder used, and drops what follows the end of the compressed data without a word.
 */
export class ZlibDecoder {
  readonly #stream: InflateRaw | ZstdDecompress
  #failure: Error | undefined
  #wake: () => void = () => undefined

  constructor(stream: InflateRaw | ZstdDecompress) {
    this.#stream = stream
    stream.on('readable', () => this.#wake())
    stream.on('error', (error) => {
      this.#failure = error
      this.#wake()
    })
  }

  /** How many bytes of the input the decoder has used so far. */
  get used(): number {
    return this.#stream.bytesWritten
  }

  /** Yields what `chunk` decodes to, and ends once the decoder wants no more of it. Throws ARTIFACT_CORRUPT. */
  async *write(chunk: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
    let done = false
    this.#stream.write(chunk, (error) => {
      done = true
      if (error) this.#failure ??= error
      this.#wake()
    })
    for (;;) {
      const bytes = this.#stream.read() as Buffer | null
      if (bytes !== null) yield bytes
      else if (this.#failure !== undefined) throw corrupt('The compressed data is damaged.', this.#failure)
      else if (done) return
      else await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }

  /** Gives the decoder's memory back. May be called at any time. */
  close(): void {
    this.#stream.destroy()
  }
}
