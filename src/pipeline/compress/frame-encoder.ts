import { constants, createZstdCompress, type ZstdCompress } from 'node:zlib'

const CHUNK = 1 << 20

/**
 * Makes one zstd frame after another, on the thread pool. One encoder lives for many frames because zstd's working
 * memory, several MB, costs more to get than a frame costs to compress.
 */
export class FrameEncoder {
  readonly #stream: ZstdCompress
  #made: Uint8Array[] = []

  constructor(level: number) {
    this.#stream = createZstdCompress({
      chunkSize: CHUNK,
      // Each write becomes a whole frame; zstd then knows its size and puts it in the header.
      flush: constants.ZSTD_e_end,
      params: { [constants.ZSTD_c_compressionLevel]: level, [constants.ZSTD_c_checksumFlag]: 1 },
    })
    this.#stream.on('data', (bytes: Uint8Array) => this.#made.push(bytes))
  }

  /** The frame that holds `content`, in pieces. One call at a time. */
  encode(content: Uint8Array): Promise<readonly Uint8Array[]> {
    return new Promise((resolve, reject) => {
      this.#stream.once('error', reject)
      this.#stream.write(content, () => {
        this.#stream.off('error', reject)
        resolve(this.#made.splice(0))
      })
    })
  }

  /** Gives zstd's memory back. Not while a frame is being made. */
  close(): void {
    this.#stream.destroy()
  }
}
