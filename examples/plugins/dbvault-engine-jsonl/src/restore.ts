import { randomUUID } from 'node:crypto'
import { lstat, mkdir, rename, rm } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { Host, RestoreReport, RestoreRequest } from 'dbvault'
import { asideName, keptOld } from './aside.ts'
import type { Flags } from './descriptor.ts'
import { compare, counts, fingerprintOf } from './fingerprint.ts'
import { syncFolder, unpack } from './unpack.ts'

/**
 * Builds beside the target, compares what is there then, and puts it in place by renaming it. A folder is not renamed
 * onto another that holds something: what came meanwhile is refused by the system itself, which looking first could not
 * do.
 */
export async function restore({ stored, target, expected }: RestoreRequest<Flags>, host: Host): Promise<RestoreReport> {
  const path = resolve(target.database)
  const id = randomUUID()
  const built = asideName(path, 'new', id)
  try {
    await putBack(path, host)
    await mkdir(built, { mode: 0o700 })
    await unpack(stored, built, host)
    const found = await fingerprintOf(built, host)
    const { outcome, differences = [] } = compare(found, expected, host)
    if (outcome === 'different') {
      throw host.error('RESTORE_FAILED', `What was restored is not what was dumped: ${differences.join('; ')}`)
    }
    host.signal.throwIfAborted()
    await (target.replace ? swap(built, path, asideName(path, 'old', id)) : rename(built, path))
    await syncFolder(dirname(path))
    return { target: target.database, outcome, restored: counts(found) }
  } catch (error) {
    host.signal.throwIfAborted()
    throw restoreError(error, target.database, host)
  } finally {
    await rm(built, { recursive: true, force: true })
  }
}

/** No system call swaps two folders from here: in between the old one has another name, under which it is found again. */
async function swap(built: string, path: string, old: string): Promise<void> {
  const moved = await rename(path, old).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error
      return false
    },
  )
  try {
    await rename(built, path)
  } catch (error) {
    if (moved) await rename(old, path)
    throw error
  }
  await rm(old, { recursive: true, force: true })
}

/**
 * A restore that was killed between the two renames has left no target. Where there is one again, only its owner knows
 * which of the two is wanted; never are two kept, of which nobody could tell.
 */
async function putBack(path: string, host: Host): Promise<void> {
  const old = await keptOld(path)
  if (old === undefined) return
  if (!(await isThere(path))) return await rename(old, path)
  throw host.error(
    'RESTORE_FAILED',
    `${old} is still there, which an earlier restore had replaced when it was killed`,
    {
      hints: ['Look whether you want any of it, and remove it.'],
    },
  )
}

async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error
      return false
    },
  )
}

function restoreError(error: unknown, target: string, host: Host): unknown {
  const { code = '', syscall } = error as NodeJS.ErrnoException
  if (syscall === undefined) return error
  switch (code) {
    case 'ENOTEMPTY':
    case 'EEXIST':
    case 'ENOTDIR':
      return host.error('TARGET_NOT_EMPTY', `${target} is there already`, { cause: error })
    case 'ENOSPC':
    case 'EDQUOT':
      return host.error('RESTORE_FAILED', `There is no space left for ${target}`, {
        cause: error,
        hints: ['It is built beside the target before that is replaced: both have to fit.'],
      })
    default:
      return host.error('RESTORE_FAILED', `${target} cannot be written (${code})`, { cause: error })
  }
}
