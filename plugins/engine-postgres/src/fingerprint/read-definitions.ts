import type { Session } from '../server/session.ts'
import { notOfExtension, OF_USER } from './user-objects.ts'

/** Of everything of one kind: the sum of the 64-bit hashes of a line for each, in decimal. */
export type Definitions = {
  /** Major version of the server: another one may keep the same in other words. */
  readonly server: number
  readonly digests: Readonly<Record<string, string>>
}

const RELATION = 'pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace'
const OWN = `c.relpersistence <> 't' AND ${OF_USER} AND ${notOfExtension('pg_class', 'c.oid')}`
const NAME = 'n.nspname, c.relname'

/**
 * What is read of each kind: values that a catalog keeps as they were given. Expressions (of defaults, checks, views,
 * policies) are not among them: a server writes the same one in other words once it was dumped and restored.
 */
const KINDS: Readonly<Record<string, string>> = {
  columns: `SELECT ROW(${NAME}, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull, a.atthasdef,
      a.attidentity, pg_catalog.to_jsonb(a) ->> 'attgenerated') AS line
    FROM ${RELATION} JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'c') AND a.attnum > 0 AND NOT a.attisdropped AND ${OWN}`,
  tables: `SELECT ROW(${NAME}, c.relkind, c.relpersistence, c.reloptions, c.relreplident, c.relrowsecurity, c.relforcerowsecurity,
      c.relispartition, ARRAY(SELECT i.inhparent::pg_catalog.regclass::text FROM pg_catalog.pg_inherits i
        WHERE i.inhrelid = c.oid ORDER BY 1)) AS line
    FROM ${RELATION} WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND ${OWN}`,
  indexes: `SELECT ROW(${NAME}, t.relname, m.amname, x.indnatts, x.indisunique, x.indisprimary, x.indisclustered, x.indisreplident) AS line
    FROM ${RELATION} JOIN pg_catalog.pg_index x ON x.indexrelid = c.oid JOIN pg_catalog.pg_class t ON t.oid = x.indrelid
    JOIN pg_catalog.pg_am m ON m.oid = c.relam
    WHERE (x.indisvalid OR t.relkind = 'p') AND t.relpersistence <> 't' AND ${OF_USER} AND ${notOfExtension('pg_class', 't.oid')}`,
  constraints: `SELECT ROW(${NAME}, k.conname, k.contype, k.condeferrable, k.condeferred, k.convalidated, k.confupdtype,
      k.confdeltype, k.confrelid::pg_catalog.regclass::text) AS line
    FROM ${RELATION} JOIN pg_catalog.pg_constraint k ON k.conrelid = c.oid
    WHERE k.contype <> 'n' AND k.conislocal AND k.conparentid = 0 AND ${OWN}`,
  triggers: `SELECT ROW(${NAME}, t.tgname, t.tgtype, t.tgenabled, t.tgdeferrable, t.tginitdeferred, t.tgfoid::pg_catalog.regproc::text) AS line
    FROM ${RELATION} JOIN pg_catalog.pg_trigger t ON t.tgrelid = c.oid WHERE NOT t.tgisinternal AND ${OWN}`,
  rules: `SELECT ROW(${NAME}, r.rulename, r.ev_type, r.ev_enabled, r.is_instead) AS line
    FROM ${RELATION} JOIN pg_catalog.pg_rewrite r ON r.ev_class = c.oid WHERE r.rulename <> '_RETURN' AND ${OWN}`,
  policies: `SELECT ROW(${NAME}, p.polname, p.polcmd, p.polpermissive, p.polqual IS NULL, p.polwithcheck IS NULL) AS line
    FROM ${RELATION} JOIN pg_catalog.pg_policy p ON p.polrelid = c.oid WHERE ${OWN}`,
  functions: `SELECT ROW(n.nspname, p.proname, pg_catalog.pg_get_function_identity_arguments(p.oid), p.prokind, l.lanname, p.prosrc,
      p.provolatile, p.proparallel, p.proisstrict, p.prosecdef, p.proleakproof, p.proconfig) AS line
    FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
    JOIN pg_catalog.pg_language l ON l.oid = p.prolang WHERE ${OF_USER} AND ${notOfExtension('pg_proc', 'p.oid')}`,
  types: `SELECT ROW(n.nspname, t.typname, t.typtype, pg_catalog.format_type(NULLIF(t.typbasetype, 0), t.typtypmod), t.typnotnull,
      ARRAY(SELECT e.enumlabel FROM pg_catalog.pg_enum e WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder)) AS line
    FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
    WHERE t.typtype IN ('e', 'd', 'r') AND ${OF_USER} AND ${notOfExtension('pg_type', 't.oid')}`,
  comments: `SELECT ROW(${NAME}, a.attname, d.description) AS line
    FROM ${RELATION} JOIN pg_catalog.pg_description d ON d.objoid = c.oid AND d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass
    LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.objsubid AND d.objsubid > 0
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'c') AND ${OWN}`,
}

/** In the session's transaction. What is of an extension is the extension's. */
export async function readDefinitions(session: Session): Promise<Definitions> {
  const { version } = await session.row<{ version: string }>(
    `SELECT pg_catalog.current_setting('server_version_num') AS version`,
  )
  const sums = Object.entries(KINDS).map(
    ([kind, lines]) => `SELECT '${kind}' AS kind, pg_catalog.count(*)::int AS count,
      coalesce(pg_catalog.sum(pg_catalog.hashtextextended(line::text COLLATE "C", 0)), 0)::text AS sum FROM (${lines}) ${kind}`,
  )
  const rows = await session.rowsUnlocked<{ kind: string; count: number; sum: string }>(sums.join(' UNION ALL '))
  const found = rows.filter(({ count }) => count > 0).map(({ kind, sum }) => [kind, sum])
  return { server: Math.floor(Number(version) / 10_000), digests: Object.fromEntries(found) }
}
