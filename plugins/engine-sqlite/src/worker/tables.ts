import type { DatabaseSync } from 'node:sqlite'

export interface Table {
  readonly name: string
  readonly withoutRowid: boolean
}

/**
 * Every table that has rows of its own: also sqlite_schema, sqlite_sequence, sqlite_stat1 and the shadow tables of
 * virtual tables. A virtual table is only a view of those, and its module may be unknown here.
 */
export function tablesOf(db: DatabaseSync): Table[] {
  return db
    .prepare(
      `SELECT name, wr FROM pragma_table_list WHERE schema = 'main' AND type IN ('table', 'shadow') ORDER BY name`,
    )
    .all()
    .map(({ name, wr }) => ({ name: String(name), withoutRowid: wr === 1 }))
}

/** Columns that are stored. A virtual generated one follows from them, and may need a function of its application. */
export function storedColumns(db: DatabaseSync, table: string): { stored: string[]; all: string[] } {
  const columns = db.prepare('SELECT name, hidden FROM pragma_table_xinfo(?)').all(table)
  const name = (column: (typeof columns)[number]) => String(column['name'])
  return { stored: columns.filter(({ hidden }) => hidden !== 2).map(name), all: columns.map(name) }
}
