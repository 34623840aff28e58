import type { Host } from 'dbvault'
import { databaseOptions } from '../archive/database-options.ts'
import type { TableOfContents } from '../archive/table-of-contents.ts'
import { dropDatabase } from '../scratch/scratch-database.ts'
import { identifier } from '../server/identifier.ts'
import type { Place } from '../server/server.ts'
import { Session } from '../server/session.ts'
import type { Kept } from './missing-roles.ts'

const CLEANUP_MS = 20_000

/**
 * Makes the database that is restored into, beside the target. It belongs to the owner of what it is to replace, or else
 * to whom the dumped one belonged.
 */
export async function makeDatabase(
  session: Session,
  { database }: Place,
  made: string,
  contents: TableOfContents,
  { owners }: Kept,
): Promise<void> {
  await session.rows(`CREATE DATABASE ${identifier(made)} ${databaseOptions(contents)}`)
  const [replaced] = await session.rows<{ owner: string }>(
    'SELECT pg_catalog.pg_get_userbyid(datdba) AS owner FROM pg_catalog.pg_database WHERE datname = $1',
    [database],
  )
  const dumped = owners ? contents.entries.find(({ kind }) => kind === 'DATABASE')?.owner : undefined
  const owner = replaced?.owner ?? dumped
  if (owner) await session.rows(`ALTER DATABASE ${identifier(made)} OWNER TO ${identifier(owner)}`)
}

/** Removes it again after a failure. A subscription that was restored would keep the database from being dropped. */
export async function discard(place: Place, made: string, host: Host): Promise<void> {
  try {
    await dropSubscriptions(place, made, host)
    await dropDatabase(place.server, made, host)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    host.report({
      kind: 'warning',
      message: `The half restored database ${JSON.stringify(made)} could not be removed: ${why}`,
    })
  }
}

async function dropSubscriptions({ server }: Place, made: string, host: Host): Promise<void> {
  const calm: Host = { ...host, signal: AbortSignal.timeout(CLEANUP_MS) }
  await using session = await Session.open(server, made, calm).catch(() => undefined)
  const found = await session?.rows<{ name: string }>(
    `SELECT subname AS name FROM pg_catalog.pg_subscription
     WHERE subdbid = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())`,
  )
  for (const { name } of found ?? []) {
    const subscription = identifier(name)
    await session?.rows(`ALTER SUBSCRIPTION ${subscription} DISABLE`)
    await session?.rows(`ALTER SUBSCRIPTION ${subscription} SET (slot_name = NONE)`)
    await session?.rows(`DROP SUBSCRIPTION ${subscription}`)
  }
}

/** Names have at most 63 bytes; what is longer the server would cut, without a word. */
export function nameBeside(name: string, suffix: string): string {
  let start = name
  while (Buffer.byteLength(start + suffix) > 63) start = Array.from(start).slice(0, -1).join('')
  return start + suffix
}
