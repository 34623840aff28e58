import type { Stage } from '../bytes.ts'
import { FrameEncoder } from './frame-encoder.ts'
import { inBlocks } from './in-blocks.ts'
import { type FrameSizes, writeSeekTable } from './seek-table.ts'

/** Content of one frame, in bytes. */
const BLOCK = 1 << 22

/**
 * Compresses to the zstd seekable format: frames of 4 MiB of content, made side by side on the thread pool, each with
 * its content size and its digest, then the seek table, by which a reader knows that no frame is missing. `zstd -d`
 * reads it. Holds a few frames, however long the source, and the sizes of all.
 */
export const zstd = ({ level = 3 }: { readonly level?: number } = {}): Stage =>
  async function* (source) {
    const sizes: FrameSizes[] = []
    const idle: FrameEncoder[] = []

    const encode = async (content: Uint8Array): Promise<{ frame: readonly Uint8Array[]; sizes: FrameSizes }> => {
      const encoder = idle.pop() ?? new FrameEncoder(level)
      try {
        const frame = await encoder.encode(content)
        const compressed = frame.reduce((sum, piece) => sum + piece.length, 0)
        return { frame, sizes: { compressed, decompressed: content.length } }
      } finally {
        idle.push(encoder)
      }
    }

    try {
      for await (const made of inBlocks(source, BLOCK, encode)) {
        sizes.push(made.sizes)
        yield* made.frame
      }
      if (sizes.length === 0) {
        // A file of nothing but a seek table would not be known as zstd by its first bytes.
        const made = await encode(new Uint8Array(0))
        sizes.push(made.sizes)
        yield* made.frame
      }
      yield writeSeekTable(sizes)
    } finally {
      for (const encoder of idle) encoder.close()
    }
  }
