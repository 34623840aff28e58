import { isDatabase, literal, name, qualified } from '../server/quote.ts'
import type { Session } from '../server/session.ts'
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

/** Every journal that this user may see; `undefined` in place of one that was not begun. */
export async function* readJournals(session: Session): AsyncGenerator<{ id: string; journal: Journal | undefined }> {
  const schemas = await session.rows(
    "SELECT SCHEMA_NAME n FROM information_schema.SCHEMATA WHERE SCHEMA_NAME LIKE 'dbvault%'",
  )
  for (const schema of schemas) {
    const id = KEPT_NAME.exec(String(schema['n']))?.[1]
    if (id !== undefined) yield { id, journal: await readJournal(session, id) }
  }
}

/** Drops what the target had: the journal last, so that what is left after a crash is known for what it is. */
export async function dropKept(session: Session, id: string): Promise<void> {
  const kept = keptName(id)
  await session.run('SET SESSION foreign_key_checks = 0')
  for (const table of await tablesIn(session, kept)) {
    if (table !== tableName(id)) await session.run(`DROP TABLE ${qualified(kept, table)}`)
  }
  await session.run('SET SESSION foreign_key_checks = 1')
  await session.run(`DROP DATABASE IF EXISTS ${name(kept)}`)
}

export async function tablesIn(session: Session, database: string): Promise<string[]> {
  const rows = await session.rows(
    `SELECT TABLE_NAME n FROM information_schema.TABLES WHERE ${isDatabase('TABLE_SCHEMA', database)}`,
  )
  return rows.map((row) => String(row['n']))
}

async function readJournal(session: Session, id: string): Promise<Journal | undefined> {
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
