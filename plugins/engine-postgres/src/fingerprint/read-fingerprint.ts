import { identifier, literal, qualified } from '../server/identifier.ts'
import type { Session } from '../server/session.ts'
import { countObjects } from './count-objects.ts'
import { readDefinitions, type Definitions } from './read-definitions.ts'
import { SCHEME, type PostgresFingerprint, type TableEntry } from './fingerprint.ts'
import { readSequences, sequenceEntries, type SequencesSeen } from './read-sequences.ts'
import { notOfExtension, OF_USER } from './user-objects.ts'

interface Named {
  readonly schema: string
  readonly name: string
}

interface Table extends Named {
  readonly columns: readonly string[] | null
  readonly unreadable: boolean
}

/** Tables of one statement: one round trip for each would take minutes where there are many thousands. */
const TABLES_AT_ONCE = 50

interface Beside {
  readonly excluded?: readonly Named[]
  /** As they were read before something was changed so that all rows can be seen. */
  readonly definitions?: Definitions
}

/**
 * Reads all rows in the session's transaction. `after` is awaited last: it is taken when the dump has ended. The rows of
 * `excluded` tables are in no dump: to whoever restores it they are empty.
 */
export async function readFingerprint(
  session: Session,
  before: SequencesSeen,
  after: () => Promise<SequencesSeen>,
  { excluded = [], definitions: known }: Beside = {},
): Promise<PostgresFingerprint> {
  const { encoding } = await session.row<{ encoding: string }>(
    `SELECT pg_catalog.pg_encoding_to_char(encoding) AS encoding FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()`,
  )
  const objects = await countObjects(session)
  const definitions = known ?? (await readDefinitions(session))
  const largeObjects = await readLargeObjects(session)
  const tables = await readTables(session, excluded)
  const meanwhile = await readSequences(session, 'cycling')
  const sequences = sequenceEntries(before, meanwhile, await after())
  return {
    scheme: SCHEME,
    encoding,
    tables,
    sequences,
    largeObjects,
    objects,
    definitions,
    ...(excluded.length > 0 && { excluded: excluded.map(({ schema, name }) => [schema, name] as const) }),
  }
}

async function readTables(session: Session, excluded: readonly Named[]): Promise<TableEntry[]> {
  // On a standby the content of unlogged tables cannot be read; in a dump made there they are empty.
  const all = await session.rows<Table & Record<string, unknown>>(`
    SELECT n.nspname AS schema, c.relname AS name, c.relpersistence = 'u' AND pg_catalog.pg_is_in_recovery() AS unreadable,
      (SELECT pg_catalog.array_agg(a.attname::text ORDER BY a.attname::text COLLATE "C") FROM pg_catalog.pg_attribute a
       WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND ${OF_USER} AND ${notOfExtension('pg_class', 'c.oid')}
    ORDER BY 1, 2`)
  const left = new Set(excluded.map(({ schema, name }) => qualified(schema, name)))
  const isRead = ({ schema, name, unreadable }: Table) => !unreadable && !left.has(qualified(schema, name))
  const tables = all.filter(isRead)
  const entries = all.filter((table) => !isRead(table)).map(({ schema, name }): TableEntry => [schema, name, 0, '0'])
  for (let from = 0; from < tables.length; from += TABLES_AT_ONCE) {
    const some = tables.slice(from, from + TABLES_AT_ONCE)
    const sums = await session.rowsUnlocked<{ place: number; rows: string; sum: string }>(
      `${some.map(sumOf).join(' UNION ALL ')} ORDER BY 1`,
    )
    for (const { place, rows, sum } of sums) {
      const table = some[place]
      if (table) entries.push([table.schema, table.name, Number(rows), sum])
    }
  }
  return entries
}

function sumOf({ schema, name, columns }: Table, place: number): string {
  const row = columns === null ? `''::text` : `ROW(${columns.map(identifier).join(', ')})::text`
  return `(SELECT ${place} AS place, pg_catalog.count(*)::text AS rows,
    coalesce(pg_catalog.sum(pg_catalog.hashtextextended(${row} COLLATE "C", 0)), 0)::text AS sum
    FROM ONLY ${qualified(schema, name)})`
}

async function readLargeObjects(session: Session): Promise<readonly [number, string]> {
  const { count, sum } = await session.row<{ count: string; sum: string }>(`
    SELECT pg_catalog.count(*)::text AS count, coalesce(pg_catalog.sum(pg_catalog.hashtextextended(
      oid::text || ${literal(':')} || pg_catalog.encode(pg_catalog.sha256(pg_catalog.lo_get(oid)), 'hex') COLLATE "C", 0
    )), 0)::text AS sum FROM pg_catalog.pg_largeobject_metadata`)
  return [Number(count), sum]
}
