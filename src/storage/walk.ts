import type { Stats } from 'node:fs'
import { lstat, opendir } from 'node:fs/promises'
import { join } from 'node:path'
import { unlessAbsent } from './directory.ts'
import { onDisk } from './disk-error.ts'

/** At the top of many disks, closed to all but root, and never ours. */
const LOST_AND_FOUND = 'lost+found'

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
  const entries = await onDisk('list', directory, () => opendir(directory)).catch(unlessAbsent)
  for await (const { name } of entries ?? []) {
    signal.throwIfAborted()
    if (folder === '' && name === LOST_AND_FOUND) continue
    const path = join(directory, name)
    const stats = await onDisk('read', path, () => lstat(path)).catch(unlessAbsent)
    if (stats === undefined || stats.isSymbolicLink()) continue
    yield { path, folder, name, stats }
    if (stats.isDirectory()) yield* walk(path, `${folder}${name}/`, signal)
  }
}
