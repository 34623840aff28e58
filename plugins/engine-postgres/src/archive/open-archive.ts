import type { Host, Stored } from 'dbvault'
import { abortable } from '../abortable.ts'
import { ByteReader } from './byte-reader.ts'
import { DataScanner } from './data-scanner.ts'
import { readTableOfContents, type TableOfContents } from './table-of-contents.ts'

/** An archive of which the table of contents was read, to be read on from its first byte. */
export interface OpenArchive extends AsyncDisposable {
  readonly contents: TableOfContents
  /** All that stands before the data. */
  readonly head: Uint8Array
  /** Of the whole, in bytes; 0 where it is not known. */
  readonly size: number
  /** Every byte, from the first one on, once. Throws ArchiveError where it is not whole. */
  readonly bytes: AsyncIterable<Uint8Array>
}

/**
 * Opens a stored archive, in one pass: what was read to see what is in it is given again.
 * @throws ArchiveError, and what reading throws
 */
export async function openArchive(stored: Stored, host: Host): Promise<OpenArchive> {
  const stream = await stored.open()
  const seen: Uint8Array[] = []
  const chunks = abortable(stream as AsyncIterable<Uint8Array>, host.signal)
  const reader = new ByteReader(chunks, (chunk) => void seen.push(chunk))
  try {
    const contents = await readTableOfContents(reader)
    const announced = contents.entries.filter(({ hasData }) => hasData).map(({ id }) => id)
    const scanner = new DataScanner(announced, reader.intSize)
    const first = Buffer.concat(seen)
    const unread = reader.unread()
    return {
      contents,
      head: first.subarray(0, first.length - unread.length),
      size: stored.bytes ?? 0,
      bytes: again(first, unread, chunks, scanner),
      [Symbol.asyncDispose]: async () => void stream.destroy(),
    }
  } catch (error) {
    stream.destroy()
    throw error
  }
}

async function* again(
  first: Uint8Array,
  unread: Uint8Array,
  rest: AsyncIterable<Uint8Array>,
  scanner: DataScanner,
): AsyncGenerator<Uint8Array> {
  scanner.push(unread)
  yield first
  for await (const chunk of rest) {
    scanner.push(chunk)
    yield chunk
  }
  scanner.end()
}
