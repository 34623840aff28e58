/** The fixed first 100 bytes of a database file: https://www.sqlite.org/fileformat2.html#the_database_header */
export const HEADER_BYTES = 100

export interface Header {
  /** 512 to 65536. */
  readonly pageSize: number
  /** Absent when a SQLite before 3.7.0 wrote last, which did not keep the count. */
  readonly pages: number | undefined
}

const MAGIC = 'SQLite format 3\0'

/** Undefined when these are not the first bytes of a database file. */
export function parseHeader(bytes: Uint8Array): Header | undefined {
  if (bytes.length < HEADER_BYTES) return undefined
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, HEADER_BYTES)
  if (view.toString('latin1', 0, MAGIC.length) !== MAGIC) return undefined
  const stored = view.readUInt16BE(16)
  const pageSize = stored === 1 ? 65_536 : stored
  if (pageSize < 512 || (pageSize & (pageSize - 1)) !== 0) return undefined
  const countIsKept = view.readUInt32BE(24) === view.readUInt32BE(92)
  const pages = view.readUInt32BE(28)
  return { pageSize, pages: countIsKept && pages > 0 ? pages : undefined }
}
