/** The four bytes that an archive begins with. */
export const MAGIC = Buffer.of(0x6d, 0xe2, 0x99, 0x81)

/** Ends a block; no document has this length. */
export const TERMINATOR = Buffer.of(0xff, 0xff, 0xff, 0xff)

export const FORMAT_VERSION = '0.1'

/** The largest document of a server, and what servers permit themselves beyond it. Bytes. */
export const LARGEST_DOCUMENT = 16 * 1024 * 1024 + 16 * 1024

/** The first server that keeps a time series under its own name instead of `system.buckets.NAME`. */
export const VIEWLESS_SERIES = [8, 3] as const

export function isAtLeast(version: string, [major, minor]: readonly [number, number]): boolean {
  const [has = 0, hasMinor = 0] = version.split('.').map(Number)
  return has > major || (has === major && hasMinor >= minor)
}
