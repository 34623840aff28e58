import { promisify } from 'node:util'
import { constants, crc32, deflateRaw, type ZlibOptions } from 'node:zlib'
import type { Stage } from '../bytes.ts'
import { inBlocks } from './in-blocks.ts'

const BLOCK = 1 << 20
const DEFLATE = 8
/** Deflate looks back 32 KiB at most (RFC 1951 §2). */
const WINDOW = 1 << 15

const deflate: (block: Uint8Array, options: ZlibOptions) => Promise<Buffer> = promisify(deflateRaw)

/**
 * Compresses to one gzip member (RFC 1952), as `pigz` does: blocks of 1 MiB are deflated side by side on the thread
 * pool, each with the 32 KiB before it as its dictionary and ended by a sync flush, so that they join into one deflate
 * stream. Holds a few blocks, however long the source. The header names no file and no time: equal input gives equal
 * output.
 */
export const gzip = ({ level = 6 }: { readonly level?: number } = {}): Stage =>
  async function* (source) {
    let crc = 0
    let size = 0
    let window: Uint8Array = Buffer.alloc(0)

    yield header(level)
    yield* inBlocks(source, BLOCK, (block) => {
      crc = crc32(block, crc)
      size += block.length
      const options: ZlibOptions = {
        level,
        memLevel: constants.Z_MAX_MEMLEVEL,
        finishFlush: constants.Z_SYNC_FLUSH,
        chunkSize: BLOCK / 4,
        ...(window.length > 0 && { dictionary: window }),
      }
      // A copy, because the block's memory is filled anew while the next block is still at work.
      window = Uint8Array.from(block.subarray(-WINDOW))
      return deflate(block, options)
    })
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
  // An empty last block, which is what a deflate stream needs to end after a sync flush.
  bytes.writeUInt16LE(3, 0)
  bytes.writeUInt32LE(crc, 2)
  bytes.writeUInt32LE(size % 2 ** 32, 6)
  return bytes
}
