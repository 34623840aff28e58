import { isDatabase, literal, name, qualified } from '../server/quote.ts'
import type { Session } from '../server/session.ts'
import { tablesIn } from '../server/tables-in.ts'
import type { Objects } from './objects.ts'

/**
 * What a swap is about to do, written down on the server before anything is changed: whoever finds it can undo a swap that
 * was killed. It stands in the database that keeps what the target had.
 */
export interface Journal {
  /** Of the restore: the end of the names of its databases. */
  readonly id: string
  readonly target: string
  /** What the target was. Absent where it was not there. */
  readonly before?: { readonly charset: string; readonly collation: string }
  /** What the target had. */
  readonly old: Objects
  /** The tables that are to take its place. */
  readonly fresh: readonly string[]
  /** Whether nothing is left to do but to drop what the target had. */
  readonly done: boolean
}

/** The names of databases that keep what the target of a restore had. */
export const KEPT_NAME = /^dbvault_old_([0-9a-f]{12})$/

/** The database into which a swap moves the tables that the target had. */
export function keptName(id: string): string {
  return `dbvault_old_${id}`
}

/** A table that is moved by the same statement as all others: where it is tells whether that was run. */
export function tokenName(id: string): string {
  return `dbvault_moved_${id}`
}

export async function writeJournal(session: Session, journal: Journal): Promise<void> {
  const { id, old, done: _, ...rest } = journal
  await session.run(`CREATE DATABASE ${name(keptName(id))} CHARACTER SET utf8mb4`)
  // Of a storage engine that survives a crash, whatever the default is.
  await session.run(
    `CREATE TABLE ${tableOf(id)} (n int AUTO_INCREMENT PRIMARY KEY, what varchar(16), detail longtext) ENGINE=InnoDB`,
  )
  await session.run('START TRANSACTION')
  for (const definition of old.definitions) await insert(session, id, 'definition', definition)
  await insert(session, id, 'begun', { ...rest, tables: old.tables })
  await session.run('COMMIT')
}

/** From here on nobody undoes it. */
export async function markDone(session: Session, id: string): Promise<void> {
  await insert(session, id, 'done', null)
}

/** An answer to the last word may have been lost: from here on it is undone, by whoever. */
export async function unmarkDone(session: Session, id: string): Promise<void> {
  if (!(await tablesIn(session, keptName(id))).includes(tableName(id))) return
  await session.run(`DELETE FROM ${tableOf(id)} WHERE what = 'done'`)
}

/** Of every journal that this user may see. */
export async function journalIds(session: Session): Promise<string[]> {
  const schemas = await session.rows(
    "SELECT SCHEMA_NAME n FROM information_schema.SCHEMATA WHERE SCHEMA_NAME LIKE 'dbvault%'",
  )
  return schemas.flatMap((schema) => KEPT_NAME.exec(String(schema['n']))?.[1] ?? [])
}

/** Drops what the target had: the journal last, so that what is left after a crash is known for what it is. */
export async function dropKept(session: Session, id: string): Promise<void> {
  const kept = keptName(id)
  const tables = await tablesIn(session, kept)
  await dropTables(
    session,
    kept,
    tables.filter((table) => table !== tableName(id)),
  )
  await session.run(`DROP DATABASE IF EXISTS ${name(kept)}`)
}

/**
 * Drops tables of a database whatever foreign keys these have to each other. One to which a table of another database
 * refers, which may be more than this user sees, the server does not drop, and says so.
 */
export async function dropTables(session: Session, database: string, tables: readonly string[]): Promise<void> {
  const own = new Set(tables)
  const keys = await session.rows(
    `SELECT TABLE_NAME t, CONSTRAINT_NAME c FROM information_schema.REFERENTIAL_CONSTRAINTS WHERE ${isDatabase('CONSTRAINT_SCHEMA', database)}`,
  )
  for (const key of keys) {
    const [table, constraint] = [String(key['t']), String(key['c'])]
    if (own.has(table))
      await session.run(`ALTER TABLE ${qualified(database, table)} DROP FOREIGN KEY ${name(constraint)}`)
  }
  for (const table of tables) await session.run(`DROP TABLE ${qualified(database, table)}`)
}

/** Undefined for one that was not begun, or is gone. */
export async function readJournal(session: Session, id: string): Promise<Journal | undefined> {
  if (!(await tablesIn(session, keptName(id))).includes(tableName(id))) return undefined
  const rows = await session.rows(`SELECT what, detail FROM ${tableOf(id)} ORDER BY n`)
  const details = (what: string): unknown[] =>
    rows.filter((row) => row['what'] === what).map((row) => JSON.parse(String(row['detail'])))
  const [begun] = details('begun') as (Omit<Journal, 'id' | 'old' | 'done'> & Pick<Objects, 'tables'>)[]
  if (begun === undefined) return undefined
  const { tables, ...rest } = begun
  const old = { tables, definitions: details('definition') as Objects['definitions'] }
  return { id, ...rest, old, done: details('done').length > 0 }
}

async function insert(session: Session, id: string, what: string, detail: unknown): Promise<void> {
  await session.run(`INSERT INTO ${tableOf(id)} (what, detail) VALUES ('${what}', ${literal(JSON.stringify(detail))})`)
}

function tableName(id: string): string {
  return `dbvault_journal_${id}`
}

function tableOf(id: string): string {
  return qualified(keptName(id), tableName(id))
}
