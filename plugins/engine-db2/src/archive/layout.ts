/** The last entry: a SHA-256 of each part, taken as it was packed. That it is there and whole proves the end. */
export const DIGESTS_NAME = 'dbvault-db2-digests.json'

/** More than an index of a thousand parts and table spaces has. */
export const MOST_TEXT = 4 * 1024 * 1024

const BLOCK = 512
/** Larger sizes do not fit into a header, and stand in an entry of their own before it. */
const LARGEST_IN_HEADER = 8 ** 11 - 1

/** How long a tar with entries of these sizes is, to its last byte. */
export function tarLength(sizes: readonly number[]): number {
  const entries = sizes.map(
    (size) => BLOCK + Math.ceil(size / BLOCK) * BLOCK + (size > LARGEST_IN_HEADER ? 2 * BLOCK : 0),
  )
  return entries.reduce((sum, length) => sum + length, 2 * BLOCK)
}
