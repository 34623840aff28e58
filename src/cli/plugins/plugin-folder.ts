import { cp, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { lockFile } from './lock-file.ts'

/**
 * Lets `change` work on a copy of the folder that holds the user's plugins, and puts the copy in its place only if that
 * resolves. So a change that fails or is killed leaves the plugins that were there.
 * @throws LOCKED, what the file system throws, and what `change` throws
 */
export async function onCopyOf<T>(folder: string, change: (copy: string) => Promise<T>): Promise<T> {
  await mkdir(dirname(folder), { recursive: true })
  await using _lock = await lockFile(`${folder}.lock`)
  await finishSwap(folder)
  // Nobody else is at work while this run holds the lock.
  for (const name of await readdir(dirname(folder))) {
    if (name.startsWith(basename(besideOf(folder)))) await rm(join(dirname(folder), name), { recursive: true })
  }
  const copy = await mkdtemp(besideOf(folder))
  try {
    await cp(folder, copy, { recursive: true, verbatimSymlinks: true }).catch(unlessAbsent)
    const result = await change(copy)
    await rename(folder, previous(folder)).catch(unlessAbsent)
    await rename(copy, folder)
    return result
  } finally {
    await rm(copy, { recursive: true, force: true, maxRetries: 3 })
    await finishSwap(folder)
  }
}

/** Between its two steps a swap may have been killed, or have failed: then the old folder stands aside. */
async function finishSwap(folder: string): Promise<void> {
  const aside = previous(folder)
  await mkdir(dirname(folder), { recursive: true })
  // A folder that is there and not empty cannot be renamed over: then the swap was done.
  await rename(aside, folder).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error
    await rm(aside, { recursive: true, force: true })
  })
}

/** What names begin with that the next change removes, if this one is killed. */
export const besideOf = (folder: string): string => `${folder}.next-`

const previous = (folder: string): string => `${folder}.previous`

function unlessAbsent(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error
}
