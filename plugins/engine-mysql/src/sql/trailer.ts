/** What every dump program writes last, when it was not told to leave comments out. */
const TRAILER = /(?:^|\n)-- Dump completed[^\n]*\n$/
const LONGEST = 256

/**
 * Passes bytes on, and knows at their end whether the last line says that the dump is complete. A routine may hold the
 * same words; only the very last line counts.
 */
export async function* withTrailer(
  input: AsyncIterable<Uint8Array>,
  incomplete: () => Error,
): AsyncGenerator<Uint8Array> {
  let tail: Buffer = Buffer.alloc(0)
  for await (const chunk of input) {
    tail = Buffer.concat([tail, chunk.subarray(-LONGEST)]).subarray(-LONGEST)
    yield chunk
  }
  if (!TRAILER.test(tail.toString('latin1'))) throw incomplete()
}
