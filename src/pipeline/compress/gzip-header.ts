import { crc32 } from 'node:zlib'
import type { ByteReader } from './byte-reader.ts'
import { corrupt } from './corrupt.ts'

/** The flags of a member header, RFC 1952 §2.3.1. The first one, FTEXT, means nothing to a decoder. */
const FHCRC = 0x02
const FEXTRA = 0x04
const FNAME = 0x08
const FCOMMENT = 0x10
const RESERVED = 0xe0

const DEFLATE = 8

/**
 * Reads one gzip member header and leaves the reader at the deflate stream. Throws ARTIFACT_CORRUPT when there is none,
 * when it is cut off, or when its own CRC-16 does not agree.
 */
export async function readGzipHeader(reader: ByteReader): Promise<void> {
  const start = reader.offset
  const magic = await reader.peek(3)
  if (magic[0] !== 0x1f || magic[1] !== 0x8b || magic[2] !== DEFLATE)
    throw corrupt(
      start === 0 ? 'The data is not gzip.' : `The gzip data ends at byte ${start}, but other bytes follow there.`,
    )

  let crc = 0
  const take = async (count: number): Promise<DataView> => {
    const bytes = await reader.take(count, 'the header of a gzip member')
    crc = crc32(bytes, crc)
    return bytes
  }
  const text = async (): Promise<void> => {
    while ((await take(1)).getUint8(0) !== 0);
  }

  const flags = (await take(10)).getUint8(3)
  if (flags & RESERVED) throw corrupt(`The gzip member at byte ${start} has flags that no version of the format knows.`)
  if (flags & FEXTRA) await take((await take(2)).getUint16(0, true))
  if (flags & FNAME) await text()
  if (flags & FCOMMENT) await text()
  if (flags & FHCRC) {
    const expected = crc & 0xffff
    if ((await take(2)).getUint16(0, true) !== expected)
      throw corrupt(`The header of the gzip member at byte ${start} does not agree with its own CRC.`)
  }
}
