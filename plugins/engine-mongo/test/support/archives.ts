import type { Stored } from 'dbvault'
import { readFileSync } from 'node:fs'
import { Readable } from 'node:stream'
import { archiveFormat } from '../../src/descriptor.ts'
import { ArchiveReader } from '../../src/archive/read-archive.ts'

/** Written by MongoDB's own mongodump 100: five collections, one of them empty. */
export const GOLDEN = readFileSync(new URL('../fixtures/mongodump-100.archive', import.meta.url))

export async function* chunksOf(bytes: Uint8Array, size = 65_536): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

/** Reads it to its end. @throws what is wrong with it */
export async function readAll(bytes: Uint8Array, chunk?: number): Promise<Map<string, Buffer[]>> {
  await using reader = await ArchiveReader.open(chunksOf(bytes, chunk))
  const read = new Map<string, Buffer[]>(reader.prelude.collections.map(({ name }) => [name, []]))
  for await (const { collection, documents } of reader.batches()) {
    read.get(collection.name)?.push(...documents.map((document) => Buffer.from(document)))
  }
  return read
}

/** As the core hands a stored member to an engine. */
export function storedArchive(bytes: Uint8Array): Stored[] {
  return [
    {
      name: 'main',
      format: archiveFormat,
      bytes: bytes.length,
      open: async () => Readable.from(chunksOf(bytes), { objectMode: false }),
    },
  ]
}
