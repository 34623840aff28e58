import type { Host, TargetState } from 'dbvault'
import { OF_USER } from '../fingerprint/user-objects.ts'
import { literal } from '../server/identifier.ts'
import { nameOf, type Place } from '../server/server.ts'
import { sqlState } from '../server/server-error.ts'
import { Session } from '../server/session.ts'

/** Of what belongs to no schema, or is seldom alone in one: each is lost with its database. */
const CATALOGS = [
  'pg_am',
  'pg_cast',
  'pg_collation',
  'pg_conversion',
  'pg_default_acl',
  'pg_event_trigger',
  'pg_foreign_data_wrapper',
  'pg_foreign_server',
  'pg_language',
  'pg_opclass',
  'pg_operator',
  'pg_opfamily',
  'pg_publication',
  'pg_statistic_ext',
  'pg_transform',
  'pg_ts_config',
  'pg_ts_dict',
  'pg_ts_parser',
  'pg_ts_template',
]
/** What is older came with the server. */
const FIRST_OF_USERS = 16_384

export interface PostgresTargetState extends TargetState {
  /** Whether something was set on the database itself, which another one in its place would lack. */
  readonly hasSettings: boolean
}

/** What is at a target, from the outside and from the inside. */
export async function targetState({ server, database }: Place, host: Host): Promise<PostgresTargetState> {
  const where = `${JSON.stringify(database)} on ${nameOf(server)}`
  let session: Session
  try {
    session = await Session.open(server, database, host)
  } catch (error) {
    if (sqlState(error) !== 'SOURCE_NOT_FOUND') throw error
    // Somebody who may not be connected at all is told so here.
    await using _other = await openMaintenance({ server, database }, host)
    return { state: 'absent', description: `no database ${where}`, hasSettings: false }
  }
  await using inside = session
  const { relations, others, size, sessions, hasSettings } = await inside.row<{
    relations: number
    others: number
    size: string
    sessions: number
    hasSettings: boolean
  }>(`
    SELECT
      (SELECT pg_catalog.count(*)::int FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        WHERE ${OF_USER} AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f')) AS relations,
      (SELECT pg_catalog.count(*)::int FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace WHERE ${OF_USER})
      + (SELECT pg_catalog.count(*)::int FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
          WHERE ${OF_USER} AND t.typtype IN ('e', 'd', 'r'))
      + (SELECT pg_catalog.count(*)::int FROM pg_catalog.pg_namespace n WHERE ${OF_USER} AND n.nspname <> 'public')
      + (SELECT pg_catalog.count(*)::int FROM pg_catalog.pg_extension WHERE extname <> 'plpgsql')
      + (SELECT pg_catalog.count(*)::int FROM pg_catalog.pg_largeobject_metadata)
      + (SELECT pg_catalog.count(*)::int FROM pg_catalog.pg_subscription WHERE subdbid = d.oid)
      + ${CATALOGS.map((catalog) => `(SELECT pg_catalog.count(*)::int FROM pg_catalog.${catalog} WHERE oid >= ${FIRST_OF_USERS})`).join(' + ')} AS others,
      d.datacl IS NOT NULL OR d.datconnlimit <> -1
        OR EXISTS (SELECT FROM pg_catalog.pg_db_role_setting s WHERE s.setdatabase = d.oid) AS "hasSettings",
      pg_catalog.pg_size_pretty(pg_catalog.pg_database_size(pg_catalog.current_database())) AS size,
      (SELECT pg_catalog.count(*)::int FROM pg_catalog.pg_stat_activity
        WHERE datname = ${literal(database)} AND pid <> pg_catalog.pg_backend_pid() AND backend_type = 'client backend') AS sessions
    FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()`)
  const notes = sessions > 0 ? [`${sessions} sessions are connected to it; a restore waits for no one and fails`] : []
  for (const name of await leftBeside(inside, database)) {
    notes.push(`The database ${JSON.stringify(name)} is what a killed restore has left, or another one that is running`)
  }
  if (relations + others === 0) return { state: 'empty', description: `empty database ${where}`, notes, hasSettings }
  return {
    state: 'occupied',
    description: `database ${where}, ${relations} tables and the like, ${size}`,
    notes,
    hasSettings,
  }
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
