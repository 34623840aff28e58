import type { Host } from 'dbvault'
import { join } from 'node:path'
import type { OpenBackup } from '../open-backup.ts'
import { leftOut, restoreList } from '../archive/restore-list.ts'
import { restoreArgs, type RestoreOptions } from '../tools/restore-options.ts'
import type { Tools } from '../tools/find-tools.ts'

/** The SQL that pg_restore makes of an archive, without any server. */
export async function* asSql(
  { contents, bytes }: OpenBackup,
  { directory, major }: Tools,
  options: RestoreOptions,
  host: Host,
): AsyncGenerator<Uint8Array> {
  const left = leftOut(contents, options)
  await using list = left.length === 0 ? undefined : await host.secretFile(restoreList(contents, left))
  const args = [
    join(directory, 'pg_restore'),
    // Before version 12 it wrote there only when not told.
    ...(major >= 12 ? ['--file=-'] : []),
    ...restoreArgs(options),
    ...(list ? ['--use-list', list.path(0)] : []),
  ]
  yield* host.runTool(
    {
      command: '/bin/sh',
      args: ['-c', '"$@" && cat >/dev/null', 'sh', ...args],
      env: { LC_ALL: 'C', HOME: '/nonexistent' },
      ...(list && { secrets: [list] }),
    },
    bytes,
  )
}
