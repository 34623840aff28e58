import type { Dirent, Stats } from 'node:fs'
import { opendir } from 'node:fs/promises'
import { join } from 'node:path'
import { unlessAbsent } from './directory.ts'
import { onDisk } from './disk-error.ts'
import { lstat } from './lstat.ts'

/** At the top of many disks, closed to all but root, and never ours. */
const LOST_AND_FOUND = 'lost+found'

/** One after the other, most of the time would go by with waiting for the disk. */
const LOOKED_AT_TOGETHER = 64
/** Names that are fetched in one go. */
const NAMES_TOGETHER = 1024

export interface Found {
  readonly path: string
  /** Of the directory, relative to the root: '' or one that ends in a slash. */
  readonly folder: string
  readonly name: string
  readonly stats: Stats
}

/**
 * Everything below a directory but symbolic links: what they point to is not ours. What goes while it is being looked
 * at is left out; a directory that cannot be read is an error, since what is in it would look absent.
 */
export async function* walk(directory: string, folder: string, signal: AbortSignal): AsyncGenerator<Found> {
  // It may have been removed since its parent was read; the root is known to be there.
  const entries = await onDisk('list', directory, () => opendir(directory, { bufferSize: NAMES_TOGETHER })).catch(
    unlessAbsent,
  )
  for await (const names of batches(entries ?? [])) {
    signal.throwIfAborted()
    for (const found of await Promise.all(names.map((name) => lookAt(directory, folder, name)))) {
      if (found === undefined || found.stats.isSymbolicLink()) continue
      yield found
      if (found.stats.isDirectory()) yield* walk(found.path, `${folder}${found.name}/`, signal)
    }
  }
}

async function lookAt(directory: string, folder: string, name: string): Promise<Found | undefined> {
  if (folder === '' && name === LOST_AND_FOUND) return undefined
  const path = join(directory, name)
  const stats = await onDisk('read', path, () => lstat(path)).catch(unlessAbsent)
  return stats && { path, folder, name, stats }
}

async function* batches(entries: AsyncIterable<Dirent> | Iterable<Dirent>): AsyncGenerator<readonly string[]> {
  let batch: string[] = []
  for await (const { name } of entries) {
    batch.push(name)
    if (batch.length < LOOKED_AT_TOGETHER) continue
    yield batch
    batch = []
  }
  yield batch
}
