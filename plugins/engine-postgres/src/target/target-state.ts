import type { Host, TargetState } from 'dbvault'
import { OF_USER } from '../fingerprint/user-objects.ts'
import { literal } from '../server/identifier.ts'
import { nameOf, type Place } from '../server/server.ts'
import { sqlState } from '../server/server-error.ts'
import { Session } from '../server/session.ts'

/** What is at a target, from the outside and from the inside. */
export async function targetState({ server, database }: Place, host: Host): Promise<TargetState> {
  const where = `${JSON.stringify(database)} on ${nameOf(server)}`
  let session: Session
  try {
    session = await Session.open(server, database, host)
  } catch (error) {
    if (sqlState(error) !== 'SOURCE_NOT_FOUND') throw error
    // Somebody who may not be connected at all is told so here.
    await using _other = await openMaintenance({ server, database }, host)
    return { state: 'absent', description: `no database ${where}` }
  }
  await using inside = session
  const { relations, others, size, sessions } = await inside.row<{
    relations: number
    others: number
    size: string
    sessions: number
  }>(`
    SELECT
      (SELECT pg_catalog.count(*)::int FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        WHERE ${OF_USER} AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f')) AS relations,
      (SELECT pg_catalog.count(*)::int FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace WHERE ${OF_USER})
      + (SELECT pg_catalog.count(*)::int FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
          WHERE ${OF_USER} AND t.typtype IN ('e', 'd', 'r'))
      + (SELECT pg_catalog.count(*)::int FROM pg_catalog.pg_namespace n WHERE ${OF_USER} AND n.nspname <> 'public')
      + (SELECT pg_catalog.count(*)::int FROM pg_catalog.pg_extension WHERE extname <> 'plpgsql')
      + (SELECT pg_catalog.count(*)::int FROM pg_catalog.pg_largeobject_metadata) AS others,
      pg_catalog.pg_size_pretty(pg_catalog.pg_database_size(pg_catalog.current_database())) AS size,
      (SELECT pg_catalog.count(*)::int FROM pg_catalog.pg_stat_activity
        WHERE datname = ${literal(database)} AND pid <> pg_catalog.pg_backend_pid() AND backend_type = 'client backend') AS sessions`)
  const notes = sessions > 0 ? [`${sessions} sessions are connected to it; a restore waits for no one and fails`] : []
  for (const name of await leftBeside(inside, database)) {
    notes.push(`The database ${JSON.stringify(name)} is what a killed restore has left, or another one that is running`)
  }
  if (relations + others === 0) return { state: 'empty', description: `empty database ${where}`, notes }
  return { state: 'occupied', description: `database ${where}, ${relations} tables and the like, ${size}`, notes }
}

async function leftBeside(session: Session, database: string): Promise<string[]> {
  const starts = [`${database}_dbvault_`, `${database}_replaced_`].map(literal).join(', ')
  const rows = await session.rows<{ name: string }>(`
    SELECT d.datname AS name FROM pg_catalog.pg_database d, pg_catalog.unnest(ARRAY[${starts}]) AS start
    WHERE pg_catalog.starts_with(d.datname::text, start) ORDER BY 1`)
  return rows.map(({ name }) => name)
}

/** A session from where the target can be made, renamed and dropped. */
export function openMaintenance({ server, database }: Place, host: Host): Promise<Session> {
  const other = server.maintenanceDatabase === database ? 'template1' : server.maintenanceDatabase
  return Session.open(server, other, host)
}
