/**
 * The seek table of the zstd seekable format: a skippable frame at the end of the file that gives the two sizes of each
 * frame before it. Plain zstd steps over it.
 * https://github.com/facebook/zstd/blob/dev/contrib/seekable_format/zstd_seekable_compression_format.md
 */

/** The sizes of one frame, in bytes. */
export interface FrameSizes {
  readonly compressed: number
  readonly decompressed: number
}

export const SEEK_TABLE_MAGIC = 0x184d2a5e
export const SEEK_FOOTER_MAGIC = 0x8f92eab1
const HEADER = 8
const ENTRY = 8
const FOOTER = 9

/** The bytes of a seek table without per-frame digests, header and footer included. */
export function writeSeekTable(frames: readonly FrameSizes[]): Uint8Array {
  const table = new DataView(new ArrayBuffer(HEADER + frames.length * ENTRY + FOOTER))
  table.setUint32(0, SEEK_TABLE_MAGIC, true)
  table.setUint32(4, table.byteLength - HEADER, true)
  frames.forEach(({ compressed, decompressed }, index) => {
    table.setUint32(HEADER + index * ENTRY, compressed, true)
    table.setUint32(HEADER + index * ENTRY + 4, decompressed, true)
  })
  const footer = table.byteLength - FOOTER
  table.setUint32(footer, frames.length, true)
  table.setUint8(footer + 4, 0)
  table.setUint32(footer + 5, SEEK_FOOTER_MAGIC, true)
  return new Uint8Array(table.buffer)
}

/** The most bytes a seek table for `count` frames can have after its header: entries with a digest of four bytes each. */
export const largestSeekTable = (count: number): number => count * (ENTRY + 4) + FOOTER

/** True when `content`, the end of a skippable frame, ends as a seek table does. */
export const isSeekTable = (content: DataView): boolean =>
  content.byteLength >= 4 && content.getUint32(content.byteLength - 4, true) === SEEK_FOOTER_MAGIC

/** True when the seek table says exactly what `frames` are. Per-frame digests, which others may write, are not looked at. */
export function agrees(content: DataView, frames: readonly FrameSizes[]): boolean {
  const footer = content.byteLength - FOOTER
  if (footer < 0) return false
  const descriptor = content.getUint8(footer + 4)
  const entry = descriptor & 0x80 ? ENTRY + 4 : ENTRY
  return (
    // Bits 2 to 6 are reserved; 0 and 1 are "unused" and free for anything.
    (descriptor & 0x7c) === 0 &&
    content.getUint32(footer, true) === frames.length &&
    footer === frames.length * entry &&
    frames.every(
      ({ compressed, decompressed }, index) =>
        content.getUint32(index * entry, true) === compressed &&
        content.getUint32(index * entry + 4, true) === decompressed,
    )
  )
}
