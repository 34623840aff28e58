import { constants, crc32, createDeflateRaw } from 'node:zlib'
import type { Bytes, Stage } from '../bytes.ts'
import { BlockEncoder, ENCODER_CHUNK } from './block-encoder.ts'
import { inBlocks } from './in-blocks.ts'

const BLOCK = 1 << 19
const DEFLATE = 8

/**
 * How far back matches are looked for, as a power of two. Rows repeat what stands close by: half of deflate's window
 * finds as much in them for a fifth less time, and writes shorter distances. Text and programs lose two to four
 * percent of size by it, so the levels that are asked for to save size search all of it.
 */
const windowBits = (level: number): number => (level > 6 ? 15 : 14)

/**
 * Compresses to one gzip member (RFC 1952). Blocks of 512 KiB are deflated side by side on the thread pool, each ended by
 * a full flush: it neither looks back into the block before nor ends the stream, so that all of them joined are one
 * deflate stream. Holds a few blocks, however long the source. The header names no file and no time: equal input gives
 * equal output.
 */
export const gzip = ({ level = 6 }: { readonly level?: number } = {}): Stage =>
  async function* (source) {
    let crc = 0
    let size = 0
    const counted = async function* (): Bytes {
      for await (const chunk of source) {
        crc = crc32(chunk, crc)
        size += chunk.length
        yield chunk
      }
    }
    const createEncoder = (): BlockEncoder =>
      new BlockEncoder(
        createDeflateRaw({
          level,
          windowBits: windowBits(level),
          memLevel: constants.Z_MAX_MEMLEVEL,
          flush: constants.Z_FULL_FLUSH,
          chunkSize: ENCODER_CHUNK,
        }),
      )

    yield header(level)
    for await (const { pieces } of inBlocks(counted(), BLOCK, createEncoder)) yield* pieces
    yield trailer(crc, size)
  }

function header(level: number): Uint8Array {
  const slowest = level === constants.Z_BEST_COMPRESSION ? 2 : 0
  const fastest = level === constants.Z_BEST_SPEED ? 4 : 0
  const unknownSystem = 255
  return Uint8Array.of(0x1f, 0x8b, DEFLATE, 0, 0, 0, 0, 0, slowest | fastest, unknownSystem)
}

function trailer(crc: number, size: number): Uint8Array {
  const bytes = Buffer.alloc(10)
  // An empty last block, which is how the deflate stream ends.
  bytes.writeUInt16LE(3, 0)
  bytes.writeUInt32LE(crc, 2)
  bytes.writeUInt32LE(size % 2 ** 32, 6)
  return bytes
}
