import type { Host } from 'dbvault'
import { databaseOptions } from '../archive/database-options.ts'
import type { TableOfContents } from '../archive/table-of-contents.ts'
import { dropDatabase } from '../scratch/drop-database.ts'
import { MARK } from '../scratch/sweep.ts'
import { identifier, literal } from '../server/identifier.ts'
import type { Place } from '../server/server.ts'
import type { Session } from '../server/session.ts'
import type { Kept } from './missing-roles.ts'

/**
 * Makes the database that is restored into, beside the target. It belongs to the owner of what it is to replace, or else
 * to whom the dumped one belonged.
 */
export async function makeDatabase(
  session: Session,
  { database }: Place,
  made: string,
  contents: TableOfContents,
  { owners, server }: Kept & { readonly server: number },
): Promise<void> {
  await session.rows(`CREATE DATABASE ${identifier(made)} ${databaseOptions(contents, server)}`)
  await session.rows(`COMMENT ON DATABASE ${identifier(made)} IS ${literal(MARK)}`)
  const [replaced] = await session.rows<{ owner: string }>(
    'SELECT pg_catalog.pg_get_userbyid(datdba) AS owner FROM pg_catalog.pg_database WHERE datname = $1',
    [database],
  )
  const dumped = owners ? contents.entries.find(({ kind }) => kind === 'DATABASE')?.owner : undefined
  const owner = replaced?.owner ?? dumped
  if (owner) await session.rows(`ALTER DATABASE ${identifier(made)} OWNER TO ${identifier(owner)}`)
}

/** Removes it again after a failure. */
export async function discard({ server }: Place, made: string, host: Host): Promise<void> {
  try {
    await dropDatabase(server, made, host)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    host.report({
      kind: 'warning',
      message: `The half restored database ${JSON.stringify(made)} could not be removed now; the next restore does: ${why}`,
    })
  }
}

/** Names have at most 63 bytes; what is longer the server would cut, without a word. */
export function nameBeside(name: string, suffix: string): string {
  let start = name
  while (Buffer.byteLength(start + suffix) > 63) start = Array.from(start).slice(0, -1).join('')
  return start + suffix
}
