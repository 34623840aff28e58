import type { DeflateRaw, ZstdCompress } from 'node:zlib'

/**
 * Options for an encoder: pieces of 256 KiB, about what a block compresses to. The stream must be made with a `flush`
 * that ends each write with compressed data which needs nothing from the write before.
 */
export const ENCODER_CHUNK = 1 << 18

/** One block, compressed. */
export interface EncodedBlock {
  readonly pieces: readonly Uint8Array[]
  /** Bytes of the block before it was compressed. */
  readonly size: number
}

/**
 * Compresses one block after another on the thread pool. It lives for many blocks, because the working memory of zlib
 * and zstd costs time to get, and Node gives that of its one-call functions back only at a full garbage collection.
 */
export class BlockEncoder {
  readonly #stream: DeflateRaw | ZstdCompress
  #pieces: Uint8Array[] = []

  constructor(stream: DeflateRaw | ZstdCompress) {
    this.#stream = stream
    stream.on('data', (piece: Uint8Array) => this.#pieces.push(piece))
  }

  /** One call at a time; `block` may be overwritten once the promise has settled. */
  encode(block: Uint8Array): Promise<EncodedBlock> {
    return new Promise((resolve, reject) => {
      this.#stream.once('error', reject)
      this.#stream.write(block, () => {
        this.#stream.off('error', reject)
        resolve({ pieces: this.#pieces.splice(0), size: block.length })
      })
    })
  }

  /** Gives the working memory back. Not while a block is being compressed. */
  close(): void {
    this.#stream.destroy()
  }
}
