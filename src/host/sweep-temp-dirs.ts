import { lstat, opendir, rmdir, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { isDead, isOld } from './lease.ts'
import { LEASE, PREFIX, removeLeased } from './temp-dir.ts'

const NAME = new RegExp(`^${PREFIX}[A-Za-z0-9]{6}$`)

/**
 * Removes what killed runs of this user have left in the directory for temporary files, and returns the paths. Never
 * touches what a living run may use, nor a directory without our lease, and follows no symbolic link. What cannot be
 * read or removed is left for another time.
 */
export async function sweepTempDirs(root: string): Promise<string[]> {
  const swept: string[] = []
  try {
    for await (const entry of await opendir(root)) {
      const path = join(root, entry.name)
      if (NAME.test(entry.name) && (await sweep(path))) swept.push(path)
    }
  } catch {
    // A root that is missing or closed to us holds nothing of ours.
  }
  return swept
}

async function sweep(path: string): Promise<boolean> {
  try {
    const found = await lstat(path)
    if (!found.isDirectory() || found.uid !== process.getuid?.()) return false
    const dead = await isDead(join(path, LEASE)).catch((error: unknown) => {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
      throw error
    })
    if (dead === true) await removeLeased(path)
    else if (dead === undefined && isOld(found.mtime)) await removeUnused(path)
    else return false
    return true
  } catch {
    return false
  }
}

/** A run that was killed as it made its directory has left it empty, or with a lease that says nothing. */
async function removeUnused(path: string): Promise<void> {
  const lease = join(path, LEASE)
  const { size } = await lstat(lease).catch(() => ({ size: undefined }))
  if (size === 0) await unlink(lease)
  await rmdir(path) // Refuses what is not empty.
}
