import type { Host, TargetState } from 'dbvault'
import type { Stats } from 'node:fs'
import { lstat, readdir, realpath, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { requirePath } from './require-path.ts'
import { sidecars } from './sidecars.ts'

export interface TargetFile {
  /** Its directory is real, and it is no symbolic link: what takes its place lies in that directory too. */
  readonly path: string
  readonly state: TargetState['state']
  /** Of the main file; undefined when there is none. */
  readonly bytes: number | undefined
  /** Logs that lie there, with or without their database. */
  readonly sidecars: readonly string[]
  /** What killed restores have left in this directory. */
  readonly abandoned: readonly string[]
}

/** Beside the target, so that it can be linked or renamed into place. Not named after it: names have a limit. */
export const TEMPORARY_PREFIX = '.dbvault-restore-'

/**
 * What a restore would find at its target. A symbolic link is followed: the file that it names is the one replaced.
 * @throws USAGE, SOURCE_NOT_FOUND, SOURCE_DENIED
 */
export async function targetFile(database: string, host: Host): Promise<TargetFile> {
  const given = resolve(requirePath(database, host))
  try {
    const link = await unlessAbsent(lstat(given))
    const path = link ? await realpath(given) : join(await realpath(dirname(given)), basename(given))
    const found = link && (await stat(path))
    if (found && !found.isFile()) {
      const kind = found.isDirectory() ? 'a directory' : 'no regular file'
      throw host.error('USAGE', `${given} is ${kind}: a database cannot be restored there`)
    }
    const sizes = await Promise.all(sidecars(path).map((name) => sizeOf(name)))
    const present = sidecars(path).filter((_, place) => sizes[place] !== undefined)
    const hasLog = sizes.some((bytes) => (bytes ?? 0) > 0)
    const names = await readdir(dirname(path))
    return {
      path,
      state: found ? (found.size > 0 || hasLog ? 'occupied' : 'empty') : present.length > 0 ? 'occupied' : 'absent',
      bytes: found?.size,
      sidecars: present,
      abandoned: names.filter((name) => name.startsWith(TEMPORARY_PREFIX)).map((name) => join(dirname(path), name)),
    }
  } catch (error) {
    throw meaning(error, given, host)
  }
}

async function unlessAbsent(looking: Promise<Stats>): Promise<Stats | undefined> {
  return looking.catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  })
}

async function sizeOf(path: string): Promise<number | undefined> {
  return (await unlessAbsent(lstat(path)))?.size
}

function meaning(error: unknown, path: string, host: Host): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return host.error(
        'SOURCE_NOT_FOUND',
        `${path} cannot be made: its directory, or what it links to, is not there`,
        {
          hints: ['Make the directory first.'],
          cause: error,
        },
      )
    case 'ELOOP':
      return host.error('SOURCE_NOT_FOUND', `${path} is a symbolic link that leads back to itself`, { cause: error })
    case 'EACCES':
    case 'EPERM':
      return host.error('SOURCE_DENIED', `${path} may not be looked at by this user`, { cause: error })
    default:
      return error
  }
}
