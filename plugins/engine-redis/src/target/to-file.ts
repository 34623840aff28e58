import type { Host, RestoreReport, Stored, TargetState } from 'dbvault'
import { randomBytes } from 'node:crypto'
import { link, lstat, open, unlink } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { counts, differences, type RedisFingerprint } from '../fingerprint/fingerprint.ts'
import { Tally } from '../fingerprint/tally.ts'
import { readMember } from '../read-member.ts'
import { detailOf } from '../rdb/rdb-walk.ts'

export async function fileState(path: string, host: Host): Promise<TargetState> {
  host.signal.throwIfAborted()
  const found = await lstat(path).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw problem(host, path, error)
  })
  if (found === undefined) return { state: 'absent', description: `file ${path}, which is not there` }
  return { state: 'occupied', description: `file ${path}, ${found.size} bytes` }
}

/** Writes an RDB file beside the path, compares it, and only then gives it its name. An existing file is never replaced. */
export async function restoreToFile(
  members: readonly Stored[],
  text: string,
  wanted: RedisFingerprint | undefined,
  host: Host,
): Promise<RestoreReport> {
  const path = resolve(text)
  const [member, ...more] = members
  if (member === undefined || more.length > 0) {
    throw host.error(
      'USAGE',
      `The backup is of a cluster with ${members.length} masters, and an RDB file is of one server`,
      {
        hints: ['Restore into a running cluster or server instead.'],
      },
    )
  }
  if ((await fileState(path, host)).state === 'occupied') throw occupied(host, path)
  const aside = join(dirname(path), `.${basename(path)}.dbvault-${randomBytes(4).toString('hex')}`)
  const tally = new Tally(wanted?.database)
  try {
    await using file = await open(aside, 'wx', 0o600).catch((error: unknown) => {
      throw problem(host, path, error)
    })
    try {
      const take = async (chunk: Uint8Array): Promise<void> => {
        await file.appendFile(chunk).catch((error: unknown) => {
          throw problem(host, path, error)
        })
      }
      const detail = wanted && { detail: wanted.streams }
      const read = await readMember(member, tally, { code: 'RESTORE_FAILED', ...detail, take }, host)
      const found = tally.fingerprint(wanted?.streams ?? detailOf(read.header), false)
      const [first, ...others] = wanted ? differences(wanted, found) : []
      if (first !== undefined) {
        throw host.error('RESTORE_FAILED', `What was restored is not what was dumped: ${first}`, { hints: others })
      }
      await file.sync()
      // Refuses an existing file, in one step; renaming would replace it.
      await link(aside, path).catch((error: unknown) => {
        throw error instanceof Error && 'code' in error && error.code === 'EEXIST'
          ? occupied(host, path)
          : problem(host, path, error)
      })
      await syncDirectory(dirname(path))
      return { target: path, outcome: wanted ? 'equal' : 'restorable', restored: counts(found) }
    } finally {
      await unlink(aside).catch(() => {})
    }
  } catch (error) {
    host.signal.throwIfAborted()
    throw error
  }
}

async function syncDirectory(path: string): Promise<void> {
  await using directory = await open(path, 'r')
  await directory.sync()
}

function occupied(host: Host, path: string): Error {
  return host.error('TARGET_NOT_EMPTY', `The file ${path} is there already, and is never replaced`, {
    hints: ['Name another one, and move it where the server looks while that is stopped.'],
  })
}

function problem(host: Host, path: string, cause: unknown): unknown {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return host.error('STORAGE_FULL', `There is no space left for the file ${path}`, { cause })
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return host.error('STORAGE_DENIED', `The file ${path} may not be written`, { cause })
    case 'ENOENT':
    case 'ENOTDIR':
      return host.error('USAGE', `There is no such directory as ${dirname(path)}`, { cause })
    default:
      return cause
  }
}
