import type { Finding, Host } from 'dbvault'
import { OF_USER } from '../fingerprint/user-objects.ts'
import { qualified } from '../server/identifier.ts'
import type { Session } from '../server/session.ts'
import { namePattern } from './name-pattern.ts'

const SHOWN = 500

/** Tables of which the rows are left out, because somebody asked for it. */
export interface Excluded {
  readonly tables: readonly ExcludedTable[]
  /** Patterns that match no table. */
  readonly unmatched: readonly string[]
}

export interface ExcludedTable extends Readonly<Record<string, unknown>> {
  readonly schema: string
  readonly name: string
}

/**
 * Finds them here, so that pg_dump and the fingerprint leave out the very same. A partitioned table stands for all of its
 * partitions.
 * @throws USAGE when a pattern is none, or something that is not left out refers to what is
 */
export async function excludedTables(session: Session, patterns: readonly string[], host: Host): Promise<Excluded> {
  const tables = new Map<string, ExcludedTable>()
  const unmatched: string[] = []
  for (const pattern of patterns) {
    const found = await matching(session, pattern, host)
    if (found.length === 0) unmatched.push(pattern)
    for (const { schema, name } of found) tables.set(qualified(schema, name), { schema, name })
  }
  const excluded = { tables: [...tables.values()], unmatched }
  if (tables.size > 0) await refuseReferred(session, excluded, host)
  return excluded
}

async function matching(session: Session, pattern: string, host: Host): Promise<ExcludedTable[]> {
  const wanted = namePattern(pattern)
  if (wanted === undefined) {
    throw host.error('USAGE', `${JSON.stringify(pattern)} is no pattern for --postgres-exclude-table-data`, {
      hints: ['It is table or schema.table, with * and ? for letters, and names in double quotes as they are.'],
    })
  }
  // What a table without a schema is depends on the path that is set for the user or the database.
  await session.rows('SET search_path TO DEFAULT')
  const rows = await session.rows<ExcludedTable>(
    `WITH RECURSIVE wanted AS (
        SELECT c.oid FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't' AND ${OF_USER}
          AND c.relname OPERATOR(pg_catalog.~) $1
          AND CASE WHEN $2::text IS NULL THEN pg_catalog.pg_table_is_visible(c.oid) ELSE n.nspname OPERATOR(pg_catalog.~) $2 END
        UNION SELECT i.inhrelid FROM wanted w JOIN pg_catalog.pg_inherits i ON i.inhparent = w.oid
          JOIN pg_catalog.pg_class p ON p.oid = w.oid AND p.relkind = 'p')
    SELECT n.nspname::text AS schema, c.relname::text AS name FROM wanted w JOIN pg_catalog.pg_class c ON c.oid = w.oid
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r' ORDER BY 1, 2`,
    [wanted.name, wanted.schema ?? null],
  )
  await session.settle()
  return rows
}

/** A restore could not make the foreign key: rows would refer to what is not there. */
async function refuseReferred(session: Session, { tables }: Excluded, host: Host): Promise<void> {
  const found = await session.rows<{ key: string; of: string; to: string }>(
    `WITH excluded AS (SELECT c.oid FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        JOIN ROWS FROM (pg_catalog.unnest($1::text[]), pg_catalog.unnest($2::text[])) AS e(schema, name) ON n.nspname = e.schema AND c.relname = e.name)
     SELECT k.conname::text AS key, k.conrelid::pg_catalog.regclass::text AS of, k.confrelid::pg_catalog.regclass::text AS to
     FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
     WHERE k.contype = 'f' AND c.relkind = 'r' AND k.confrelid IN (SELECT oid FROM excluded)
       AND k.conrelid NOT IN (SELECT oid FROM excluded) ORDER BY 1, 2`,
    [tables.map(({ schema }) => schema), tables.map(({ name }) => name)],
  )
  const [first] = found
  if (first === undefined) return
  throw host.error(
    'USAGE',
    `The rows of ${first.to} cannot be left out: those of ${first.of} refer to them (${first.key})`,
    { hints: [`Leave out those of ${[...new Set(found.map(({ of }) => of))].join(', ')} as well.`] },
  )
}

/** What has to be known of them, before the dump and for as long as it is kept. */
export function leftOutFindings({ tables, unmatched }: Excluded): Finding[] {
  const names = tables.map(({ schema, name }) => qualified(schema, name)).join(', ')
  const shown = names.length <= SHOWN ? names : `${names.slice(0, SHOWN)}…`
  return [
    ...(tables.length === 0
      ? []
      : [
          `The rows of ${tables.length} ${tables.length === 1 ? 'table' : 'tables'} are not in this backup, as asked: ${shown}`,
        ]),
    ...unmatched.map((pattern) => `--postgres-exclude-table-data ${JSON.stringify(pattern)} matches no table`),
  ].map((message) => ({ severity: 'warning', message }) as const)
}

/** What pg_dump is told of them: each by its exact name. */
export function excludeArgs({ tables }: Excluded): string[] {
  return tables.map(({ schema, name }) => `--exclude-table-data=${qualified(schema, name)}`)
}
