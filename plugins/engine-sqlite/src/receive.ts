import type { ErrorCode, Host, Stored } from 'dbvault'
import { open } from 'node:fs/promises'
import { readStored, type Read } from './read-stored.ts'

/**
 * Writes a stored database into a new file, 0600, durably. The caller removes it, also after a failure.
 * @throws `code` when the bytes are wrong, what the stream throws, or the system's error when the file cannot be written
 */
export async function receive(stored: Stored, path: string, host: Host, code: ErrorCode): Promise<Read> {
  await using file = await open(path, 'wx', 0o600)
  const read = await readStored(stored, host, code, async (chunk) => {
    for (let at = 0; at < chunk.length;) at += (await file.write(chunk, at)).bytesWritten
  })
  await file.sync()
  return read
}
