import { createZstdDecompress } from 'node:zlib'
import type { Stage } from '../bytes.ts'
import { ByteReader } from './byte-reader.ts'
import { corrupt } from './corrupt.ts'
import { FrameScanner } from './frame-scanner.ts'
import { agrees, type FrameSizes, isSeekTable, largestSeekTable, SEEK_TABLE_MAGIC } from './seek-table.ts'
import { DECODER_OPTIONS, ZlibDecoder } from './zlib-decoder.ts'

const FRAME_MAGIC = 0xfd2fb528
/** One of the sixteen magic numbers of skippable frames; the last four bits are free. */
const SKIPPABLE_MAGIC = 0x184d2a50

export interface UnzstdOptions {
  /**
   * `required` (default) is for what `zstd` here writes: the seek table must be there, at the very end, so that data cut
   * off between two frames is found out. `optional` is for other zstd files too, where such a cut cannot be told.
   */
  readonly seekTable?: 'required' | 'optional'
}

/**
 * Decompresses zstd (RFC 8878): frames, skippable frames and seek tables in a row. Throws ARTIFACT_CORRUPT when the data
 * is cut off, damaged, followed by anything else, or not what its seek table says. What it yielded before it throws
 * must not be used.
 */
export const unzstd = ({ seekTable = 'required' }: UnzstdOptions = {}): Stage =>
  async function* (source) {
    const reader = new ByteReader(source)
    // One decoder for all frames: Node gives the memory of one for each back only at a full garbage collection.
    const decoder = new ZlibDecoder(createZstdDecompress(DECODER_OPTIONS))
    // The frames since the last seek table: two seekable files in a row are one legal file.
    let frames: FrameSizes[] = []
    let listed = false
    try {
      do {
        const magic = await peekMagic(reader)
        if (magic === FRAME_MAGIC) {
          frames.push(yield* decodeFrame(reader, decoder))
          listed = false
        } else if (magic !== undefined && ((magic ^ SKIPPABLE_MAGIC) & ~0xf) === 0) {
          listed = await passSkippable(reader, frames)
          if (listed) frames = []
        } else {
          throw foreign(reader.offset)
        }
      } while ((await reader.peek()).length > 0 && !(listed && seekTable === 'required'))

      if (seekTable === 'required') {
        if (!listed)
          throw corrupt('The zstd data has no seek table at its end: it is cut off, or dbvault did not make it.')
        if ((await reader.peek()).length > 0) throw foreign(reader.offset)
      }
    } finally {
      decoder.close()
      await reader.close()
    }
  }

const foreign = (offset: number): Error =>
  corrupt(
    offset === 0 ? 'The data is not zstd.' : `The zstd data ends at byte ${offset}, but other bytes follow there.`,
  )

async function peekMagic(reader: ByteReader): Promise<number | undefined> {
  const bytes = await reader.peek(4)
  return bytes.length < 4 ? undefined : new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true)
}

/** Yields the content of one frame and returns the sizes it turned out to have. */
async function* decodeFrame(
  reader: ByteReader,
  decoder: ZlibDecoder,
): AsyncGenerator<Uint8Array, FrameSizes, undefined> {
  const start = reader.offset
  const usedBefore = decoder.used
  const scanner = new FrameScanner()
  let decompressed = 0
  while (!scanner.done) {
    const chunk = await reader.peek()
    if (chunk.length === 0)
      throw corrupt(`The compressed data is cut off at byte ${reader.offset}, inside a zstd frame.`)
    // Never a byte of the next frame: the decoder would drop it.
    const part = chunk.subarray(0, scanner.scan(chunk))
    for await (const bytes of decoder.write(part)) {
      decompressed += bytes.length
      yield bytes
    }
    reader.advance(part.length)
  }
  const compressed = reader.offset - start
  if (decoder.used - usedBefore !== compressed) throw corrupt(`The zstd frame at byte ${start} is damaged.`)
  return { compressed, decompressed }
}

/** Passes a skippable frame; returns true when it was a seek table, which has been checked, and adds it to `frames` if not. */
async function passSkippable(reader: ByteReader, frames: FrameSizes[]): Promise<boolean> {
  const start = reader.offset
  const header = await reader.take(8, 'the header of a skippable frame')
  const size = header.getUint32(4, true)
  if (header.getUint32(0, true) === SEEK_TABLE_MAGIC && size >= 4) {
    // What is too long to list the frames seen is not kept in memory; its last four bytes tell whether it is a table.
    const kept = size <= largestSeekTable(frames.length) ? size : 4
    await reader.skip(size - kept, 'a skippable frame')
    const content = await reader.take(kept, 'the seek table')
    if (isSeekTable(content)) {
      if (kept === size && agrees(content, frames)) return true
      throw corrupt(
        `The seek table at byte ${start} does not list the zstd frames before it: some are missing or damaged.`,
      )
    }
  } else {
    await reader.skip(size, 'a skippable frame')
  }
  frames.push({ compressed: 8 + size, decompressed: 0 })
  return false
}
