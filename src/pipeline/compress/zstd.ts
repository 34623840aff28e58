import { constants, createZstdCompress } from 'node:zlib'
import type { Stage } from '../bytes.ts'
import { BlockEncoder, ENCODER_CHUNK, type EncodedBlock } from './block-encoder.ts'
import { inBlocks } from './in-blocks.ts'
import { type FrameSizes, writeSeekTable } from './seek-table.ts'

/** Content of one frame, in bytes. Twice as much gains nothing measurable at level 3 and costs 12 MB of memory. */
const BLOCK = 1 << 20

/**
 * A frame of no content: its magic number, a one-byte content size of 0, one raw block of 0 bytes that is the last.
 * With nothing but a seek table, empty data could not be known as zstd by its first bytes.
 */
const EMPTY: EncodedBlock = { pieces: [Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0x20, 0, 1, 0, 0)], size: 0 }

/**
 * Compresses to the zstd seekable format: frames of 1 MiB of content, made side by side on the thread pool, each with
 * its content size and its digest, then the seek table, by which a reader knows that no frame is missing. `zstd -d`
 * reads it. Holds a few frames, however long the source, and the sizes of all.
 */
export const zstd = ({ level = 3 }: { readonly level?: number } = {}): Stage =>
  async function* (source) {
    const frames: FrameSizes[] = []
    const frame = function* ({ pieces, size }: EncodedBlock): Generator<Uint8Array> {
      frames.push({ compressed: pieces.reduce((sum, piece) => sum + piece.length, 0), decompressed: size })
      yield* pieces
    }
    const createEncoder = (): BlockEncoder =>
      new BlockEncoder(
        createZstdCompress({
          chunkSize: ENCODER_CHUNK,
          // Each write becomes a whole frame; zstd sees all of it at once and so puts its size in the header.
          flush: constants.ZSTD_e_end,
          params: { [constants.ZSTD_c_compressionLevel]: level, [constants.ZSTD_c_checksumFlag]: 1 },
        }),
      )

    for await (const block of inBlocks(source, BLOCK, createEncoder)) yield* frame(block)
    if (frames.length === 0) yield* frame(EMPTY)
    yield writeSeekTable(frames)
  }
