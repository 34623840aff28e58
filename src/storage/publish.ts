import { link, lstat, mkdir, rename, rmdir, unlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { DbvaultError } from '../errors/dbvault-error.ts'
import { syncDirectory, unlessAbsent } from './directory.ts'
import { errnoOf, onDisk } from './disk-error.ts'
import { claimName } from './partial-name.ts'

/** What `link` says where there are no hard links: vfat, exFAT, some network and user-space file systems. */
const NO_LINKS = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']

/**
 * Gives a finished file its final name, durably, unless something has that name: `rename` would replace it.
 * @throws OBJECT_EXISTS
 */
export async function publish(partial: string, target: string): Promise<void> {
  try {
    await link(partial, target)
  } catch (error) {
    const errno = errnoOf(error) ?? ''
    if (NO_LINKS.includes(errno)) return publishWithoutLinks(partial, target)
    // A network file system may repeat a call that it has carried out, and then finds our own link.
    if (errno !== 'EEXIST') return onDisk('write', target, () => Promise.reject(error as Error))
    if (!(await isSameFile(partial, target))) throw exists(target)
  }
  await keep(target, () => onDisk('remove', partial, () => unlink(partial)))
}

/**
 * The same without hard links. A directory that only one run can make holds off all other runs; a program that does not
 * know it could take the name between the look and the rename, and what it wrote there would be lost.
 */
export async function publishWithoutLinks(partial: string, target: string): Promise<void> {
  const claim = join(dirname(target), claimName(basename(target)))
  try {
    await mkdir(claim, { mode: 0o700 })
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') throw exists(target)
    return onDisk('write', claim, () => Promise.reject(error as Error))
  }
  try {
    if ((await lstat(target).catch(unlessAbsent)) !== undefined) throw exists(target)
    await onDisk('write', target, () => rename(partial, target))
  } finally {
    await rmdir(claim)
  }
  await keep(target, async () => {})
}

/** The last steps. When one fails the object is not certain to last, so it goes again. */
async function keep(target: string, finish: () => Promise<void>): Promise<void> {
  try {
    await finish()
    await syncDirectory(dirname(target))
  } catch (error) {
    await unlink(target).catch(() => {})
    throw error
  }
}

async function isSameFile(one: string, other: string): Promise<boolean> {
  const [a, b] = await Promise.all([lstat(one), lstat(other).catch(unlessAbsent)])
  return a.ino === b?.ino && a.dev === b.dev && a.nlink > 1
}

function exists(target: string): DbvaultError {
  return new DbvaultError('OBJECT_EXISTS', `${target} exists already, and nothing is overwritten`)
}
