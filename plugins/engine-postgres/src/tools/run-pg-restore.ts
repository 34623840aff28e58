import type { Host, SecretFile } from 'dbvault'
import { writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { leftOut, restoreList } from '../archive/restore-list.ts'
import type { OpenArchive } from '../archive/open-archive.ts'
import type { Place } from '../server/server.ts'
import type { Tools } from './find-tools.ts'
import { restoreArgs, type RestoreOptions } from './restore-options.ts'
import { clientCall } from './run-client.ts'

export interface PgRestoreOptions extends RestoreOptions {
  readonly inTransaction: boolean
  /** Whether indexes and constraints may take every processor: on a server that nobody else uses. */
  readonly sideBySide: boolean
}

/** Has pg_restore read an archive to its last byte, and talk to the server itself. */
export async function runPgRestore(
  archive: OpenArchive,
  place: Place,
  tools: Tools,
  options: PgRestoreOptions,
  host: Host,
): Promise<void> {
  const left = leftOut(archive.contents, options)
  await using list = left.length === 0 ? undefined : await host.secretFile(restoreList(archive.contents, left))
  const transaction = options.inTransaction ? ['--single-transaction'] : []
  const run = (args: readonly string[], input: AsyncIterable<Uint8Array>): Promise<void> =>
    feedPgRestore(['--exit-on-error', ...restoreArgs(options), ...args], list, input, place, tools, host)

  if (!options.sideBySide) return await run(transaction, archive.bytes)
  // Only what has no data can be restored from a file that ends with the table of contents; and only from a file that
  // can be read anew by each of them do several processes restore.
  await using directory = await host.tempDir()
  const contents = join(directory.path, 'contents.dump')
  await writeFile(contents, archive.head, { mode: 0o600 })
  await run([...transaction, '--section=pre-data', '--section=data'], archive.bytes)
  await run(['--section=post-data', `--jobs=${availableParallelism()}`, contents], nothing())
}

/** What it leaves unread of its input is drained. */
async function feedPgRestore(
  args: readonly string[],
  list: SecretFile | undefined,
  input: AsyncIterable<Uint8Array>,
  place: Place,
  { directory }: Tools,
  host: Host,
): Promise<void> {
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
    input,
  )
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
