import type { Host, Stored } from 'dbvault'
import type { Collection } from '../archive/collection.ts'
import type { Prelude } from '../archive/read-prelude.ts'
import { teeArchive } from '../archive/tee-archive.ts'
import type { ContentSum } from '../fingerprint/content-sum.ts'
import { ContentSums } from '../fingerprint/content-sums.ts'
import { bytesOf } from '../members.ts'
import { RefusedError } from '../server/refused-error.ts'
import type { Server } from '../server/server.ts'
import { lastWords, requireProgram, toolCall } from './tool-call.ts'

/** Where all collections of an archive go: each under its own name with `prefix` before it. */
export interface ToolFilling {
  readonly server: Server
  readonly database: string
  readonly prefix: string
  readonly binDir: string | undefined
}

/**
 * Has mongorestore put the documents into collections that are there already. Options, indexes and views are made by
 * ourselves, before and after. @throws RefusedError, TOOL_NOT_FOUND, and what reading throws
 */
export async function loadByTool(
  archive: Stored,
  { database: from, collections }: Prelude,
  { server, database, prefix, binDir }: ToolFilling,
  host: Host,
): Promise<ReadonlyMap<string, ContentSum>> {
  const program = await requireProgram('mongorestore', binDir, host)
  const views = collections.filter(({ type }) => type === 'view')
  const args = [
    `--nsInclude=${from}.*`,
    ...views.map(({ name }) => `--nsExclude=${from}.${pattern(name)}`),
    `--nsFrom=${from}.*`,
    `--nsTo=${database}.${prefix}*`,
    '--stopOnError',
    '--objcheck',
    '--maintainInsertionOrder',
    '--noIndexRestore',
    '--noOptionsRestore',
  ]
  await using tool = await toolCall(program, args, server.place, host)
  const sums = new ContentSums()
  try {
    await host.feedTool(
      tool.call,
      teeArchive(bytesOf(archive, host), (batch) => sums.add(batch)),
    )
  } catch (error) {
    host.signal.throwIfAborted()
    if (!(error instanceof Error && 'code' in error && error.code === 'TOOL_FAILED')) throw error
    throw new RefusedError(from, 0, lastWords(error))
  }
  return sums.all(collections)
}

/** A name in which a star stands for itself. */
function pattern(name: string): string {
  return name.replaceAll(/[\\*]/g, '\\$&')
}

/** What mongorestore can be told to put elsewhere by one rule. */
export function refuseUnlessOneRule(collections: readonly Collection[], fixed: readonly string[], host: Host): void {
  if (fixed.length === 0) return
  throw host.error(
    'RESTORE_FAILED',
    `mongorestore cannot be told where ${JSON.stringify(fixed[0])} goes, one of ${collections.length} collections`,
    { hints: ['Restore without --mongo-tool: dbvault reads the same archive.'] },
  )
}
