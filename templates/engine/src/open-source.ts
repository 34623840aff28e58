import { type FileHandle, open } from 'node:fs/promises'
import type { Host } from 'dbvault'

/** @throws SOURCE_NOT_FOUND, SOURCE_DENIED: what went wrong decides what the user is told to do */
export async function openSource(path: string, host: Host): Promise<FileHandle> {
  host.signal.throwIfAborted()
  try {
    return await open(path)
  } catch (cause) {
    const absent = (cause as NodeJS.ErrnoException).code === 'ENOENT'
    throw host.error(
      absent ? 'SOURCE_NOT_FOUND' : 'SOURCE_DENIED',
      `${path} ${absent ? 'is not there' : 'cannot be read'}`,
      {
        cause,
      },
    )
  }
}
