import type { Bytes } from '../bytes.ts'

export interface Chunk {
  /** Valid until the next chunk is asked for: the memory is used again. */
  readonly bytes: Buffer
  readonly last: boolean
}

/**
 * Cuts a flow anew into chunks of exactly `size` bytes. The last may be shorter, and is empty only when the flow is. A
 * full chunk waits until the flow goes on or ends, for only then is it known whether it is the last.
 */
export async function* rechunk(source: Bytes, size: number): AsyncGenerator<Chunk> {
  const buffer = Buffer.allocUnsafe(size)
  let filled = 0
  for await (const piece of source) {
    for (let from = 0; from < piece.length;) {
      if (filled === size) {
        yield { bytes: buffer, last: false }
        filled = 0
      }
      const part = piece.subarray(from, from + size - filled)
      buffer.set(part, filled)
      filled += part.length
      from += part.length
    }
  }
  yield { bytes: buffer.subarray(0, filled), last: true }
}
