import type { Host } from 'dbvault'
import { join } from 'node:path'
import { leftOut, restoreList } from '../archive/restore-list.ts'
import type { OpenBackup } from '../open-backup.ts'
import type { Place } from '../server/server.ts'
import { Session } from '../server/session.ts'
import { asSql } from '../sql/as-sql.ts'
import { leftOutOfSql } from '../sql/left-out.ts'
import { runSql } from '../sql/run-sql.ts'
import type { RestoreWay } from './choose-tools.ts'
import type { Tools } from './find-tools.ts'
import { restoreArgs, type RestoreOptions } from './restore-options.ts'
import { clientCall } from './run-client.ts'

/** A transaction holds a lock on all that it made; with the usual settings of a server there is room for some thousands. */
const MOST_IN_ONE_TRANSACTION = 1_500

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
  if (way.tools && way.direct) return await runPgRestore(opened, place, way.tools, { ...options, inTransaction }, host)
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

/** What pg_restore leaves unread is drained. */
async function runPgRestore(
  { contents, bytes }: OpenBackup,
  place: Place,
  { directory }: Tools,
  options: RestoreOptions & { readonly inTransaction: boolean },
  host: Host,
): Promise<void> {
  const left = leftOut(contents, options)
  await using list = left.length === 0 ? undefined : await host.secretFile(restoreList(contents, left))
  const args = ['--exit-on-error', ...(options.inTransaction ? ['--single-transaction'] : []), ...restoreArgs(options)]
  await using client = await clientCall(join(directory, 'pg_restore'), args, place, host)
  const { call } = client
  const secrets = [...(call.secrets ?? []), ...(list ? [list] : [])]
  const useList = list ? ['--use-list', list.path(secrets.length - 1)] : []
  await host.feedTool(
    {
      ...call,
      command: '/bin/sh',
      args: ['-c', '"$@" && cat >/dev/null', 'sh', call.command, ...useList, ...call.args],
      secrets,
    },
    bytes,
  )
}
