import type { ErrorCode, Host, Stored } from 'dbvault'
import { abortable } from './abortable.ts'
import { archiveFormat } from './descriptor.ts'

/** The archive of a backup. @throws `code` when these are not the members of such a backup */
export function archiveOf(stored: readonly Stored[], host: Host, code: ErrorCode): Stored {
  const [archive, ...others] = stored
  if (archive?.name !== 'main' || archive.format.id !== archiveFormat.id || others.length > 0) {
    throw host.error(code, 'These are not the members of a MongoDB backup, which is one archive')
  }
  return archive
}

/** Its bytes, from the first on, until the signal aborts; whatever ends the reading, it is closed. */
export async function* bytesOf(archive: Stored, host: Host): AsyncGenerator<Uint8Array> {
  const stream = await archive.open()
  try {
    yield* abortable(stream as AsyncIterable<Uint8Array>, host.signal)
  } finally {
    stream.destroy()
  }
}
