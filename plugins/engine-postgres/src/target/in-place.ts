import type { Host } from 'dbvault'
import { fingerprintIn } from '../fingerprint/fingerprint-of.ts'
import type { PostgresFingerprint } from '../fingerprint/fingerprint.ts'
import type { OpenBackup } from '../open-backup.ts'
import { differentEncoding } from '../scratch/given-database.ts'
import type { Place } from '../server/server.ts'
import { Session } from '../server/session.ts'
import type { RestoreWay } from '../tools/choose-tools.ts'
import type { RestoreOptions } from '../tools/restore-options.ts'
import { restoreThrough } from '../tools/run-restore.ts'
import { commentOn, setDatabaseProperties } from './database-properties.ts'

/** Whether the user can make a database, and give it the name of the target in place of what has it now. */
export async function mayBuildBeside(session: Session, { database }: Place): Promise<boolean> {
  const { may } = await session.row<{ may: boolean }>(
    `SELECT rolsuper OR rolcreatedb AND NOT EXISTS (SELECT FROM pg_catalog.pg_database
       WHERE datname = $1 AND NOT pg_catalog.pg_has_role(datdba, 'USAGE')) AS may
     FROM pg_catalog.pg_roles WHERE rolname = current_user`,
    [database],
  )
  return may
}

/**
 * Restores into an empty database, in one transaction that is only committed when `compare` does not throw: for a user
 * who may not make another beside it.
 */
export async function restoreInPlace(
  opened: OpenBackup,
  place: Place,
  way: RestoreWay,
  options: RestoreOptions,
  compare: (found: PostgresFingerprint) => void,
  host: Host,
): Promise<PostgresFingerprint> {
  const where = JSON.stringify(place.database)
  await using session = await Session.open(place.server, place.database, host)
  const different = await differentEncoding(session, opened.contents)
  if (different !== undefined) {
    throw host.error('RESTORE_FAILED', `The database ${where} is in ${different}`, {
      hints: ['Make one in the same encoding, or let the user make databases: ALTER ROLE … CREATEDB;'],
    })
  }
  await session.rows('BEGIN')
  await restoreThrough(session, opened, way, { ...options, inTransaction: true }, host)
  const found = await fingerprintIn(session)
  compare(found)
  const comment = commentOn(place.database, opened.contents)
  if (comment !== undefined) await session.rows(comment)
  await session.rows('COMMIT')
  await setDatabaseProperties(session, opened.contents, place.database, options, host)
  return found
}
