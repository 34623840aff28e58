import { crc32, createInflateRaw } from 'node:zlib'
import type { Stage } from '../bytes.ts'
import { ByteReader } from './byte-reader.ts'
import { corrupt } from './corrupt.ts'
import { readGzipHeader } from './gzip-header.ts'
import { DECODER_OPTIONS, ZlibDecoder } from './zlib-decoder.ts'

/**
 * Decompresses gzip (RFC 1952): one member or several in a row. Stricter than `gunzip`: throws ARTIFACT_CORRUPT when
 * the data is cut off anywhere, when length or CRC-32 do not agree, and when anything at all, zeros too, follows the
 * last member. What it yielded before it throws must not be used.
 */
export const gunzip = (): Stage =>
  async function* (source) {
    const reader = new ByteReader(source)
    try {
      do {
        await readGzipHeader(reader)
        yield* member(reader)
      } while ((await reader.peek()).length > 0)
    } finally {
      await reader.close()
    }
  }

async function* member(reader: ByteReader): AsyncGenerator<Uint8Array, void, undefined> {
  let crc = 0
  let size = 0
  for await (const bytes of inflate(reader)) {
    crc = crc32(bytes, crc)
    size += bytes.length
    yield bytes
  }
  const trailer = await reader.take(8, 'the trailer of a gzip member')
  if (trailer.getUint32(0, true) !== crc || trailer.getUint32(4, true) !== size % 2 ** 32)
    throw corrupt(`The gzip member that ends at byte ${reader.offset} does not hold what its trailer says.`)
}

/** Yields one deflate stream's content and leaves the reader at the first byte after it. */
async function* inflate(reader: ByteReader): AsyncGenerator<Uint8Array, void, undefined> {
  const decoder = new ZlibDecoder(createInflateRaw(DECODER_OPTIONS))
  try {
    for (;;) {
      const chunk = await reader.peek()
      if (chunk.length === 0) throw corrupt(`The compressed data is cut off at byte ${reader.offset}.`)
      const before = decoder.used
      yield* decoder.write(chunk)
      const used = decoder.used - before
      reader.advance(used)
      // Bytes left over are how zlib says that the deflate stream has ended.
      if (used < chunk.length) return
    }
  } finally {
    decoder.close()
  }
}
