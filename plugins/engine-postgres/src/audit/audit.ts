import type { Finding } from 'dbvault'
import { notOfExtension, OF_USER } from '../fingerprint/user-objects.ts'
import { identifier, qualified } from '../server/identifier.ts'
import type { Session } from '../server/session.ts'

interface Named extends Readonly<Record<string, unknown>> {
  readonly schema: string
  readonly name: string
}

const NAMED_AT_MOST = 5
const RELATION = `pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace`
const DUMPED = `c.relpersistence <> 't' AND ${OF_USER}`

/**
 * What the user may not read of the database, all at once and with the statements that would allow it. Where a right
 * is missing pg_dump mostly fails, after hours at worst; sometimes it says nothing and leaves a part out.
 */
export async function audit(session: Session): Promise<Finding[]> {
  const { name, superuser } = await session.row<{ name: string; superuser: boolean }>(
    `SELECT current_user AS name, (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user) AS superuser`,
  )
  const general = [...(await userMappings(session)), ...(await unlogged(session))]
  if (superuser) return general
  const user = identifier(name)
  return [
    ...(await schemas(session, user)),
    ...(await tables(session, user)),
    ...(await sequences(session, user)),
    ...(await largeObjects(session, user)),
    ...(await rowSecurity(session, user)),
    ...(await subscriptions(session)),
    ...(await hiddenMappings(session)),
    ...general,
  ]
}

async function schemas(session: Session, user: string): Promise<Finding[]> {
  const found = await session.rows<Named>(`
    SELECT n.nspname AS schema, n.nspname AS name FROM pg_catalog.pg_namespace n
    WHERE ${OF_USER} AND ${notOfExtension('pg_namespace', 'n.oid')}
      AND NOT pg_catalog.has_schema_privilege(n.oid, 'USAGE')
      AND EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.relnamespace = n.oid AND c.relkind IN ('r', 'p', 'S')) ORDER BY 1`)
  return finding(
    'may not use',
    'schema',
    found.map(({ name }) => identifier(name)),
    (schema) => `GRANT USAGE ON SCHEMA ${schema} TO ${user};`,
  )
}

async function tables(session: Session, user: string): Promise<Finding[]> {
  const found = await session.rows<Named>(`
    SELECT n.nspname AS schema, c.relname AS name FROM ${RELATION}
    WHERE c.relkind IN ('r', 'p') AND ${DUMPED} AND ${dumpedOfExtension}
      AND NOT pg_catalog.has_table_privilege(c.oid, 'SELECT') ORDER BY 1, 2`)
  return finding('may not read', 'table', namesOf(found), (table) => `GRANT SELECT ON TABLE ${table} TO ${user};`)
}

async function sequences(session: Session, user: string): Promise<Finding[]> {
  const found = await session.rows<Named>(`
    SELECT n.nspname AS schema, c.relname AS name FROM ${RELATION}
    WHERE ${DUMPED} AND ${dumpedOfExtension}
      AND CASE c.relkind WHEN 'S' THEN NOT pg_catalog.has_sequence_privilege(c.oid, 'SELECT') ELSE false END ORDER BY 1, 2`)
  return finding(
    'may not read',
    'sequence',
    namesOf(found),
    (sequence) => `GRANT SELECT ON SEQUENCE ${sequence} TO ${user};`,
  )
}

/** Of an extension only what it registered as configuration is dumped. */
const dumpedOfExtension = `(${notOfExtension('pg_class', 'c.oid')}
  OR EXISTS (SELECT FROM pg_catalog.pg_extension x WHERE c.oid = ANY (x.extconfig)))`

/** There is no has_largeobject_privilege before version 18. */
async function largeObjects(session: Session, user: string): Promise<Finding[]> {
  const found = await session.rows<{ oid: string }>(`
    SELECT l.oid::text AS oid FROM pg_catalog.pg_largeobject_metadata l
    WHERE NOT pg_catalog.pg_has_role(l.lomowner, 'USAGE')
      AND NOT EXISTS (SELECT FROM pg_catalog.aclexplode(l.lomacl) a WHERE a.privilege_type = 'SELECT'
        AND (a.grantee = 0 OR pg_catalog.pg_has_role(a.grantee, 'USAGE')))
      AND pg_catalog.current_setting('lo_compat_privileges') = 'off' ORDER BY l.oid`)
  return finding(
    'may not read',
    'large object',
    found.map(({ oid }) => oid),
    (oid) => `GRANT SELECT ON LARGE OBJECT ${oid} TO ${user};`,
  )
}

async function rowSecurity(session: Session, user: string): Promise<Finding[]> {
  const found = await session.rows<Named>(`
    SELECT n.nspname AS schema, c.relname AS name FROM ${RELATION}
    WHERE c.relrowsecurity AND ${DUMPED} AND pg_catalog.row_security_active(c.oid) ORDER BY 1, 2`)
  const [first] = finding('sees only some rows of', 'table', namesOf(found), () => '')
  return first ? [{ ...first, fixes: [`ALTER ROLE ${user} BYPASSRLS;`] }] : []
}

/** pg_dump says only a warning, and leaves them out. */
async function subscriptions(session: Session): Promise<Finding[]> {
  const found = await session.rows<{ name: string }>(`
    SELECT subname AS name FROM pg_catalog.pg_subscription
    WHERE subdbid = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()) ORDER BY 1`)
  const [first] = finding(
    'may not dump',
    'subscription',
    found.map(({ name }) => identifier(name)),
    () => '',
  )
  return first ? [{ ...first, fixes: ['Only a superuser can dump subscriptions: back up as one.'] }] : []
}

/**
 * pg_dump writes a mapping without the options that the user does not see, and says nothing. Whether one has any is hidden too.
 * @see https://www.postgresql.org/docs/current/view-pg-user-mappings.html
 */
async function hiddenMappings(session: Session): Promise<Finding[]> {
  const found = await session.rows<{ name: string }>(`
    SELECT m.usename || ' on ' || m.srvname AS name
    FROM pg_catalog.pg_user_mappings m JOIN pg_catalog.pg_foreign_server s ON s.oid = m.srvid
    WHERE NOT (m.usename = current_user AND (pg_catalog.pg_has_role(s.srvowner, 'USAGE')
        OR pg_catalog.has_server_privilege(s.oid, 'USAGE')))
      AND NOT (m.umuser = 0 AND pg_catalog.pg_has_role(s.srvowner, 'USAGE')) ORDER BY 1`)
  const [first] = finding(
    'may not read the options of',
    'user mapping',
    found.map(({ name }) => name),
    () => '',
  )
  return first ? [{ ...first, fixes: ['Only a superuser can read them: back up as one.'] }] : []
}

async function userMappings(session: Session): Promise<Finding[]> {
  const { count } = await session.row<{ count: number }>(
    `SELECT pg_catalog.count(*)::int AS count FROM pg_catalog.pg_user_mappings WHERE umoptions IS NOT NULL`,
  )
  if (count === 0) return []
  const message = `The dump holds the options, passwords too, of ${count} user mappings of foreign servers: encrypt it`
  return [{ severity: 'warning', message }]
}

async function unlogged(session: Session): Promise<Finding[]> {
  const { count } = await session.row<{ count: number }>(`
    SELECT pg_catalog.count(*)::int AS count FROM ${RELATION}
    WHERE c.relpersistence = 'u' AND c.relkind = 'r' AND ${OF_USER} AND pg_catalog.pg_is_in_recovery()`)
  if (count === 0) return []
  const message = `The server is a standby, where the rows of ${count} unlogged tables are not: they will not be in the dump`
  return [{ severity: 'incomplete', message, fixes: ['Back up the primary server.'] }]
}

function namesOf(found: readonly Named[]): string[] {
  return found.map(({ schema, name }) => qualified(schema, name))
}

function finding(lack: string, kind: string, names: readonly string[], fix: (name: string) => string): Finding[] {
  if (names.length === 0) return []
  const shown = names.slice(0, NAMED_AT_MOST).join(', ')
  const more = names.length > NAMED_AT_MOST ? ` and ${names.length - NAMED_AT_MOST} more` : ''
  const message = `the user ${lack} ${names.length === 1 ? `the ${kind}` : `${names.length} ${kind}s:`} ${shown}${more}`
  return [{ severity: 'incomplete', message, fixes: names.map(fix) }]
}
