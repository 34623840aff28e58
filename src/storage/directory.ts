import { constants } from 'node:fs'
import { mkdir, open, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { DbvaultError } from '../errors/dbvault-error.ts'
import { errnoOf, onDisk } from './disk-error.ts'
import { lstat } from './lstat.ts'

/** Some file systems cannot do this for a directory, and some of them then need not. */
const SYNC_UNSUPPORTED = ['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']

/** Makes the names in a directory as durable as its file system can. */
export function syncDirectory(path: string): Promise<void> {
  return onDisk('write', path, async () => {
    const directory = await open(path, constants.O_RDONLY | constants.O_DIRECTORY)
    try {
      await directory.sync()
    } catch (error) {
      if (!SYNC_UNSUPPORTED.includes(errnoOf(error) ?? '')) throw error
    } finally {
      await directory.close()
    }
  })
}

/** Makes the root, durably, with what is missing above it. It may be a symbolic link: that is the user's choice. */
export async function makeRoot(root: string): Promise<void> {
  const above = dirname(root)
  const found = await onDisk('write to', root, () => stat(root)).catch((error: unknown) => unlessAbsent(error))
  if (found?.isDirectory()) return
  if (found !== undefined) throw new DbvaultError('STORAGE_FAILED', `${root} is not a directory`)
  if (above !== root) await makeRoot(above)
  await makeOne(root)
}

/** @throws STORAGE_FAILED unless the root is there: an unmounted disk must not look like an empty one */
export async function assertRoot(root: string): Promise<void> {
  const found = await onDisk('read', root, () => stat(root))
  if (!found.isDirectory()) throw new DbvaultError('STORAGE_FAILED', `${root} is not a directory`)
}

/**
 * The path of the directory that the parts name below the root, or undefined where it is not there and not to be made.
 * Nothing below the root may be a symbolic link: it could lead out of it.
 */
export async function directoryBelow(
  root: string,
  parts: readonly string[],
  make = false,
): Promise<string | undefined> {
  let path = root
  for (const part of parts) {
    path = join(path, part)
    const here = path
    let found = await onDisk('use', here, () => lstat(here)).catch((error: unknown) => unlessAbsent(error))
    if (found === undefined && !make) return undefined
    if (found === undefined) {
      await makeOne(here)
      found = await onDisk('use', here, () => lstat(here))
    }
    if (found.isSymbolicLink()) {
      throw new DbvaultError('STORAGE_FAILED', `${path} is a symbolic link, which is followed only above ${root}`)
    }
    if (found.isDirectory()) continue
    if (!make) return undefined // An object is there, and nothing can be below an object.
    throw new DbvaultError('STORAGE_FAILED', `${path} is not a directory`)
  }
  return path
}

async function makeOne(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 })
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return // By another run, a moment ago.
    return onDisk('make', path, () => Promise.reject(error as Error))
  }
  await syncDirectory(dirname(path))
}

/** Undefined for an error that means "not there"; any other is thrown. */
export function unlessAbsent(error: unknown): undefined {
  const cause = DbvaultError.is(error) ? error.cause : error
  if (errnoOf(cause) !== 'ENOENT') throw error
  return undefined
}
