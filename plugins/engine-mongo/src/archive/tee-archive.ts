import { ArchiveReader, type Batch } from './read-archive.ts'
import type { Prelude } from './read-prelude.ts'

/** Hands an archive on as it is, and shows what is in it. Ends without an error only if it is whole. */
export async function* teeArchive(
  bytes: AsyncIterable<Uint8Array>,
  see: (batch: Batch) => void,
): AsyncGenerator<Uint8Array, Prelude> {
  const passed: Uint8Array[] = []
  async function* watched(): AsyncGenerator<Uint8Array> {
    for await (const chunk of bytes) {
      passed.push(chunk)
      yield chunk
    }
  }
  await using reader = await ArchiveReader.open(watched())
  yield* passed.splice(0)
  for await (const batch of reader.batches()) {
    see(batch)
    yield* passed.splice(0)
  }
  yield* passed.splice(0)
  return reader.prelude
}
