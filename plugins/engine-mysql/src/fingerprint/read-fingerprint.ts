import { createHash } from 'node:crypto'
import type { Facts } from '../server/facts.ts'
import { isDatabase, name, qualified } from '../server/quote.ts'
import { isServerError } from '../server/server-error.ts'
import type { Session } from '../server/session.ts'
import { withStatus } from '../sql/event-status.ts'
import {
  readEvents,
  readRoutines,
  readTableDefinitions,
  readTriggers,
  readViews,
  type Definition,
} from './read-definitions.ts'
import {
  SCHEME,
  type DefinitionEntry,
  type MysqlFingerprint,
  type SequenceEntry,
  type TableEntry,
} from './fingerprint.ts'
import { readElsewhere } from './read-elsewhere.ts'
import { readColumns, readTables, text, type TableObject } from './read-objects.ts'
import { rowLength, rowNumber, type Column } from './row-expression.ts'

export interface Wanted {
  readonly facts: Facts
  readonly database: string
  readonly history: boolean
  /** Views that cannot be read, and so are not dumped. */
  readonly without?: readonly string[]
  /** Events that were disabled so that they do not run, and the status in whose place that stands. */
  readonly disabled?: ReadonlyMap<string, string>
}

/** Reads all of a database through one session: in a snapshot, if that has begun one. */
export async function readFingerprint(session: Session, wanted: Wanted): Promise<MysqlFingerprint> {
  const { facts, database, history } = wanted
  await session.run(`USE ${name(database)}`)
  const objects = await readTables(session, database)
  const tables = objects.filter(({ kind }) => kind === 'table')
  const views = objects.filter(({ kind }) => kind === 'view').map((view) => view.name)
  const sequences = objects.filter(({ kind }) => kind === 'sequence').map((sequence) => sequence.name)
  const [charset, collation] = await defaultsOf(session, database)
  const elsewhere = await readElsewhere(session, database)
  const { entries, longest } = await digestTables(session, database, tables, history)
  return {
    scheme: SCHEME,
    vendor: facts.vendor,
    version: facts.version,
    database,
    charset,
    collation,
    lowerCaseTableNames: facts.lowerCaseTableNames,
    history,
    sequences: await readSequences(session, sequences),
    tables: entries,
    ...(longest && { longest }),
    ...(elsewhere.length > 0 && { elsewhere }),
    definitions: [
      ...(await readTableDefinitions(session, database, tables)),
      ...(await readViews(
        session,
        database,
        views.filter((view) => !wanted.without?.includes(view)),
      )),
      ...(await readTriggers(session, database)),
      ...(await readRoutines(session, database)),
      ...(await readEvents(session, database, 'lasting')).map((event) => enabled(event, wanted.disabled)),
    ].map(digested),
  }
}

function enabled(event: Definition, disabled: Wanted['disabled']): Definition {
  const status = disabled?.get(event.name)
  return status === undefined ? event : { ...event, sql: withStatus(event.sql, status) }
}

export interface Digests {
  readonly entries: readonly TableEntry[]
  readonly longest?: readonly [table: string, bytes: number]
}

/** Rows and digest of each of the tables. */
export async function digestTables(
  session: Session,
  database: string,
  tables: readonly TableObject[],
  history: boolean,
): Promise<Digests> {
  const columns = await readColumns(session, database)
  const entries: TableEntry[] = []
  let longest: Digests['longest']
  for (const table of tables) {
    const { entry, bytes } = await digestTable(session, database, table, columns.get(table.name) ?? [], history)
    entries.push(entry)
    if (bytes > (longest?.[1] ?? 0)) longest = [table.name, bytes]
    // A lock on the definition would otherwise be held to the end, and make every ALTER wait.
    await session.run('ROLLBACK TO SAVEPOINT dbvault').catch(() => {})
  }
  return { entries, ...(longest && { longest }) }
}

async function digestTable(
  session: Session,
  database: string,
  { name: table, versioned }: TableObject,
  columns: readonly Column[],
  history: boolean,
): Promise<{ entry: TableEntry; bytes: number }> {
  const all = versioned && history
  const period = all && !columns.some((column) => /^row_start$/i.test(column.name))
  const read = period
    ? [...columns, { name: 'row_start', type: 'timestamp' }, { name: 'row_end', type: 'timestamp' }]
    : columns
  const from = `${qualified(database, table)}${all ? ' FOR SYSTEM_TIME ALL' : ''}`
  const length = rowLength(read)
  const [row] = await session.rows(
    `SELECT COUNT(*) n, COALESCE(SUM(${rowNumber(read)}), 0) s${length === undefined ? '' : `, MAX(${length}) l`} FROM ${from}`,
  )
  const digest = createHash('sha256').update(read.map((column) => `${column.type} ${column.name}\0`).join(''))
  const entry = [table, Number(row?.['n']), digest.update(text(row, 's')).digest('hex').slice(0, 32)] as const
  return { entry, bytes: Number(row?.['l'] ?? 0) }
}

/** The number that a sequence has not given out yet. */
export async function readSequences(session: Session, sequences: readonly string[]): Promise<SequenceEntry[]> {
  const entries: SequenceEntry[] = []
  for (const sequence of sequences) {
    const next = String(await session.value(`SELECT next_not_cached_value FROM ${name(sequence)}`))
    entries.push([sequence, next, next])
  }
  return entries
}

/** Character set and collation of a database. */
export async function defaultsOf(session: Session, database: string): Promise<[charset: string, collation: string]> {
  const [row] = await session.rows(
    `SELECT DEFAULT_CHARACTER_SET_NAME s, DEFAULT_COLLATION_NAME c FROM information_schema.SCHEMATA WHERE ${isDatabase('SCHEMA_NAME', database)}`,
  )
  return [text(row, 's'), text(row, 'c')]
}

/** Who defined an object, and how far a counter is, is not what it is. */
export function digested({ kind, name: object, sql, settings, table }: Definition): DefinitionEntry {
  const plain = sql.replace(/ DEFINER\s*=\s*(?:`(?:[^`]|``)*`|[^\s@]+)(?:@(?:`(?:[^`]|``)*`|[^\s]+))?/, '')
  const words = kind === 'table' ? tableWords(plain) : `${plain}\0${settings.sqlMode ?? ''}\0${table ?? ''}`
  return [kind, object, createHash('sha256').update(words).digest('hex').slice(0, 32)]
}

/** The lines of a table, in any order: a foreign key that was added last may come first after a restore. */
function tableWords(sql: string): string {
  return sql
    .replace(/ AUTO_INCREMENT=\d+/, '')
    .split('\n')
    .map((line) => line.replace(/,$/, ''))
    .sort()
    .join('\n')
}

/**
 * How many rows of each table hold a FLOAT of more digits than the server writes as text, and so than any dump has.
 * @see https://dev.mysql.com/doc/refman/en/problems-with-float.html
 */
export async function countRounded(
  session: Session,
  database: string,
  tables: readonly TableEntry[],
): Promise<readonly (readonly [table: string, rows: number])[]> {
  const found: [string, number][] = []
  const columns = await readColumns(session, database)
  for (const [table] of tables) {
    const rounded = (columns.get(table) ?? [])
      .filter(({ type }) => type === 'float')
      .map((column) => `${name(column.name)} <> CAST(CAST(${name(column.name)} AS CHAR) AS FLOAT)`)
    if (rounded.length === 0) continue
    const sql = `SELECT COUNT(*) FROM ${qualified(database, table)} WHERE ${rounded.join(' OR ')}`
    // Old servers cannot convert to this type.
    const rows = Number(await session.value(sql).catch(onlyServerErrors))
    if (rows > 0) found.push([table, rows])
    await session.run('ROLLBACK TO SAVEPOINT dbvault')
  }
  return found
}

function onlyServerErrors(error: unknown): null {
  if (isServerError(error)) return null
  throw error
}
