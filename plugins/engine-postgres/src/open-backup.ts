import type { Host, Stored } from 'dbvault'
import { abortable } from './abortable.ts'
import { openArchive, type OpenArchive } from './archive/open-archive.ts'
import { readArchive } from './archive/read-archive.ts'
import type { TableOfContents } from './archive/table-of-contents.ts'
import type { Members } from './members.ts'

/** What was dumped of a database, about to be read from its first byte to its last, once. */
export type OpenBackup = ({ readonly isSql: false } & OpenArchive) | ({ readonly isSql: true } & OpenSql)

export interface OpenSql extends AsyncDisposable {
  readonly contents: TableOfContents
  /** Checked by who runs it. */
  readonly bytes: AsyncIterable<Uint8Array>
}

/** @throws ArchiveError, and what reading throws */
export async function openBackup({ main, contents }: Members, host: Host): Promise<OpenBackup> {
  if (contents === undefined) return { ...(await openArchive(main, host)), isSql: false }
  const known = await contentsOf(contents, host)
  const stream = await main.open()
  return {
    contents: known,
    isSql: true,
    bytes: abortable(stream as AsyncIterable<Uint8Array>, host.signal),
    [Symbol.asyncDispose]: async () => void stream.destroy(),
  }
}

async function contentsOf(stored: Stored, host: Host): Promise<TableOfContents> {
  const stream = await stored.open()
  try {
    const reading = readArchive(abortable(stream as AsyncIterable<Uint8Array>, host.signal))
    let next = await reading.next()
    while (!next.done) next = await reading.next()
    return next.value.contents
  } finally {
    stream.destroy()
  }
}
