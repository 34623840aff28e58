import type { Host } from 'dbvault'
import { join } from 'node:path'
import type { OpenArchive } from '../archive/open-archive.ts'
import { restoreList } from '../archive/restore-list.ts'
import type { Entry } from '../archive/table-of-contents.ts'
import type { Place } from '../server/server.ts'
import type { Tools } from './find-tools.ts'
import { clientCall } from './run-client.ts'

export interface RestoreOptions {
  readonly leaveOut: readonly Entry[]
  readonly owners: boolean
  readonly privileges: boolean
}

/** A transaction holds a lock on all that it made; with the usual settings of a server there is room for some thousands. */
const MOST_IN_ONE_TRANSACTION = 1_500

/**
 * Restores an archive into a database that is empty, reading it to its last byte: only there is it known whether what
 * was read is what was stored. What pg_restore leaves unread is drained.
 */
export async function runRestore(
  { contents, bytes }: OpenArchive,
  place: Place,
  { directory }: Tools,
  { leaveOut, owners, privileges }: RestoreOptions,
  host: Host,
): Promise<void> {
  await using list = leaveOut.length === 0 ? undefined : await host.secretFile(restoreList(contents, leaveOut))
  const args = [
    '--exit-on-error',
    // Within one transaction the content of a new table needs no write-ahead log.
    ...(contents.entries.length <= MOST_IN_ONE_TRANSACTION ? ['--single-transaction'] : []),
    '--no-tablespaces',
    ...(owners ? [] : ['--no-owner']),
    ...(privileges ? [] : ['--no-privileges']),
  ]
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
