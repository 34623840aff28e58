import { constants } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { onDisk } from './disk-error.ts'

/** How much is given to the system in one call. */
const BATCH = 1024 * 1024

/** Writes a new file, for this user only, and has it on the disk when it resolves. Throws what the body throws. */
export async function writeFileDurably(path: string, body: AsyncIterable<Uint8Array>): Promise<void> {
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants
  const file = await onDisk('write', path, () => open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600))
  try {
    for await (const batch of batches(body)) await onDisk('write', path, () => writeAll(file, batch))
    await onDisk('write', path, () => file.sync())
  } catch (error) {
    await file.close().catch(() => {}) // The first error says more.
    throw error
  }
  // Some network file systems tell only now that there was no room.
  await onDisk('write', path, () => file.close())
}

async function* batches(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array[]> {
  let batch: Uint8Array[] = []
  let size = 0
  for await (const chunk of body) {
    batch.push(chunk)
    size += chunk.length
    if (size < BATCH) continue
    yield batch
    batch = []
    size = 0
  }
  if (size > 0) yield batch
}

/** The system may take less than it was given, and says why only at the next call. */
async function writeAll(file: FileHandle, batch: Uint8Array[]): Promise<void> {
  const size = batch.reduce((sum, chunk) => sum + chunk.length, 0)
  let { bytesWritten: done } = await file.writev(batch)
  if (done === size) return
  const all = Buffer.concat(batch)
  while (done < size) done += (await file.write(all, done)).bytesWritten
}
