import type { Host } from 'dbvault'
import type { OpenBackup } from '../open-backup.ts'
import type { Place } from '../server/server.ts'
import { Session } from '../server/session.ts'
import { asSql } from '../sql/as-sql.ts'
import { leftOutOfSql } from '../sql/left-out.ts'
import { runSql } from '../sql/run-sql.ts'
import type { RestoreWay } from './choose-tools.ts'
import type { RestoreOptions } from './restore-options.ts'
import { runPgRestore } from './run-pg-restore.ts'

/** A transaction holds a lock on all that it made; with the usual settings of a server there is room for some thousands. */
const MOST_IN_ONE_TRANSACTION = 1_500
/** Up to here several processes take longer to start than they save. */
const SMALL = 16 * 1024 * 1024

/**
 * Restores a backup into a database that is empty, reading it to its last byte: only there is it known whether what was
 * read is what was stored.
 */
export async function runRestore(
  opened: OpenBackup,
  place: Place,
  way: RestoreWay,
  options: RestoreOptions,
  host: Host,
): Promise<void> {
  // Within one transaction the content of a new table needs no write-ahead log.
  const inTransaction = opened.contents.entries.length <= MOST_IN_ONE_TRANSACTION
  if (way.tools && way.direct && !opened.isSql) {
    const sideBySide = way.sideBySide === true && opened.size > SMALL
    return await runPgRestore(opened, place, way.tools, { ...options, inTransaction, sideBySide }, host)
  }
  await using session = await Session.open(place.server, place.database, host)
  if (inTransaction) await session.rows('BEGIN')
  await restoreThrough(session, opened, way, { ...options, inTransaction }, host)
  if (inTransaction) await session.rows('COMMIT')
}

/** The same through a session, which may be in a transaction that another ends. */
export async function restoreThrough(
  session: Session,
  opened: OpenBackup,
  { tools, server }: RestoreWay,
  options: RestoreOptions & { readonly inTransaction: boolean },
  host: Host,
): Promise<void> {
  const sql = tools === undefined ? opened.bytes : asSql(opened, tools, options, host)
  await runSql(session, sql, { skip: leftOutOfSql({ ...options, server }), inTransaction: options.inTransaction })
  await session.settle()
}
