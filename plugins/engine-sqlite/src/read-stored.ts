import type { ErrorCode, Host, Stored } from 'dbvault'
import { abortable } from './abortable.ts'
import { format } from './descriptor.ts'
import { HEADER_BYTES, parseHeader, type Header } from './header.ts'

/** The one member that a backup of SQLite has. */
export function onlyMember(stored: readonly Stored[], host: Host, code: ErrorCode): Stored {
  const [member, ...more] = stored
  if (member?.name !== 'main' || member.format.id !== format.id || more.length > 0) {
    throw host.error(code, 'These are not the members of an SQLite backup: it has one, the database file')
  }
  return member
}

export interface Read {
  readonly bytes: number
  readonly header: Header
}

/**
 * Reads a stored database file to its end and checks what the file format tells: that it is one, and that no page is
 * missing. `take` gets each chunk; what it throws, and what the stream throws, is thrown on.
 * @throws `code`, naming what is wrong with the bytes
 */
export async function readStored(
  stored: Stored,
  host: Host,
  code: ErrorCode,
  take: (chunk: Uint8Array) => Promise<void>,
): Promise<Read> {
  const stream = await stored.open()
  let start = Buffer.alloc(0)
  let bytes = 0
  try {
    for await (const chunk of abortable(stream as AsyncIterable<Uint8Array>, host.signal)) {
      if (start.length < HEADER_BYTES) start = Buffer.concat([start, chunk.subarray(0, HEADER_BYTES)])
      bytes += chunk.length
      await take(chunk)
    }
  } finally {
    stream.destroy()
  }

  const refuse = (what: string) => host.error(code, `What is stored is not a whole SQLite database: ${what}`)
  const header = parseHeader(start)
  if (header === undefined) throw refuse('it does not begin like one')
  const { pageSize, pages } = header
  if (bytes % pageSize !== 0) throw refuse(`its ${bytes} bytes are not a number of whole pages of ${pageSize}`)
  if (pages !== undefined && bytes !== pages * pageSize) {
    throw refuse(`it has ${bytes} bytes, and its header tells of ${pages} pages of ${pageSize}`)
  }
  if (stored.bytes !== undefined && bytes !== stored.bytes) {
    throw refuse(`it has ${bytes} bytes, and ${stored.bytes} were dumped`)
  }
  return { bytes, header }
}
