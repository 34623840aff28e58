import type { Engine, Source } from '../contract/engine.ts'
import type { Host } from '../contract/host.ts'
import { DbvaultError } from '../errors/dbvault-error.ts'

export interface DatabaseFlags {
  readonly database?: readonly string[] | undefined
  readonly 'all-databases'?: boolean | undefined
}

/**
 * The databases that `--database` names, or with `--all-databases` those of the server.
 * @throws USAGE when both or the wrong one was given; SOURCE_NOT_FOUND when there are none
 */
export async function chosenDatabases(
  { database: named = [], 'all-databases': all = false }: DatabaseFlags,
  engine: Engine,
  server: Source,
  host: Host,
): Promise<readonly string[]> {
  // A connection string may name the database: only the engine can read it.
  if (!all) return named.length > 0 ? named : ['']
  if (named.length > 0) throw new DbvaultError('USAGE', 'Give either --database or --all-databases')
  if (!engine.databases)
    throw new DbvaultError('USAGE', `--all-databases does not apply to --db=${engine.descriptor.name}`)
  const databases = await Array.fromAsync(engine.databases(server, host))
  if (databases.length === 0) throw new DbvaultError('SOURCE_NOT_FOUND', 'There is no database there to back up')
  return databases
}
