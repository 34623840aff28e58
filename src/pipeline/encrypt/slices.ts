/**
 * Cuts one chunk into views of at most `size` bytes, so that a stage's buffers are bounded whatever its source yields.
 * Nothing is copied.
 */
export function* slices(chunk: Uint8Array, size: number): Generator<Uint8Array> {
  for (let from = 0; from < chunk.length; from += size) yield chunk.subarray(from, from + size)
}
