import type { ErrorCode, Host } from 'dbvault'
import { join } from 'node:path'
import type { Db2Fingerprint } from '../fingerprint/fingerprint.ts'
import { readFingerprint } from '../fingerprint/read-fingerprint.ts'
import { isOfAnother, restoreImage } from '../image/restore-image.ts'
import type { Unpacked } from '../image/unpack.ts'
import { makeDirectory } from '../instance/own.ts'
import type { Place } from '../instance/place.ts'
import { dropDatabase } from './drop-database.ts'
import { scratchName } from './scratch-name.ts'
import { sweep } from './sweep.ts'

export interface Trial {
  /** A temporary directory: all files of the scratch database go into it. */
  readonly directory: string
  readonly lockTimeout: number
}

/**
 * Restores an unpacked image into a scratch database of the same instance, reads what is in it, and drops it again.
 * @throws `code`, what the messages of Db2 mean
 */
export async function tryImage(
  unpacked: Unpacked,
  { instance, login }: Pick<Place, 'instance' | 'login'>,
  { directory, lockTimeout }: Trial,
  host: Host,
  code: ErrorCode,
): Promise<Db2Fingerprint> {
  const session = { instance, ...(login && { login }) }
  await sweep(session, host)
  const database = scratchName()
  const make = (name: string): Promise<string> => makeDirectory(join(directory, name), instance.owner)
  const into = {
    database,
    replace: false,
    logs: await make('archived'),
    files: await make('database'),
    log: await make('log'),
    // Those of a scratch database are not to get among the archived ones.
    archiveLogs: false,
  }
  host.report({ kind: 'phase', name: 'restore' })
  try {
    await restoreImage(unpacked, into, session, host, code)
  } catch (error) {
    if (!isOfAnother(error)) await dropDatabase(database, session, host)
    throw error
  }
  try {
    host.report({ kind: 'phase', name: 'compare' })
    return await readFingerprint(database, lockTimeout, session, host, code)
  } finally {
    await dropDatabase(database, session, host)
  }
}
