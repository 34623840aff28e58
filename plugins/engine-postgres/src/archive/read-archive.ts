import { ByteReader } from './byte-reader.ts'
import { DataScanner } from './data-scanner.ts'
import { readTableOfContents, type TableOfContents } from './table-of-contents.ts'

export interface ArchiveRead {
  readonly contents: TableOfContents
  /** Blocks of data: one a table, and one or more for large objects. */
  readonly blocks: number
  readonly largeObjects: number
}

/**
 * Hands an archive in custom format on as it is, and checks at its end that it is whole. It has no trailer: it is whole
 * when every entry that announced data has had its block, each block has had its end, and nothing follows.
 * @throws ArchiveError, and what reading throws
 */
export async function* readArchive(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, ArchiveRead> {
  const iterator = chunks[Symbol.asyncIterator]()
  try {
    const seen: Uint8Array[] = []
    const reader = new ByteReader(iterator, (chunk) => void seen.push(chunk))
    const contents = await readTableOfContents(reader)
    const announced = contents.entries.filter(({ hasData }) => hasData).map(({ id }) => id)
    const scanner = new DataScanner(announced, reader.intSize)
    scanner.push(reader.unread())
    yield* seen.splice(0)
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
      scanner.push(next.value)
      yield next.value
    }
    scanner.end()
    return { contents, blocks: scanner.blocks, largeObjects: scanner.largeObjects }
  } finally {
    await iterator.return?.()
  }
}
