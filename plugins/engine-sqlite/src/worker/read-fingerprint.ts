import type { DatabaseSync } from 'node:sqlite'
import { SCHEME, type SqliteFingerprint, type TableEntry } from '../fingerprint.ts'
import { digestRows } from './digest-rows.ts'
import { pragma } from './open-database.ts'
import { isUnknownToSqlite } from './result-code.ts'
import { registerRowFunctions } from './row-encoding.ts'
import { tablesOf } from './tables.ts'

/** Reads every row of every table. The caller sees to it that all of it is one moment. */
export function readFingerprint(db: DatabaseSync): SqliteFingerprint {
  registerRowFunctions(db)
  const encoding = String(pragma(db, 'encoding'))
  const tables: TableEntry[] = []
  const unread: string[] = []
  for (const table of tablesOf(db)) {
    try {
      const { rows, digest } = digestRows(db, table, encoding)
      tables.push([table.name, rows, digest])
    } catch (error) {
      if (!isUnknownToSqlite(error)) throw Object.assign(error as Error, { table: table.name })
      unread.push(table.name)
    }
  }
  return {
    scheme: SCHEME,
    settings: {
      encoding,
      page_size: pragma(db, 'page_size'),
      auto_vacuum: pragma(db, 'auto_vacuum'),
      user_version: pragma(db, 'user_version'),
      application_id: pragma(db, 'application_id'),
    },
    tables,
    unread,
    orphans: countOrphans(db),
  }
}

/**
 * Rows that refer to nothing, which integrity_check does not look for. Null where a foreign key is declared so that it
 * cannot be checked: its parent is absent or not unique.
 */
function countOrphans(db: DatabaseSync): number | null {
  const withKeys = db
    .prepare(
      `SELECT DISTINCT s.name FROM sqlite_schema s, pragma_foreign_key_list(s.name) WHERE s.type = 'table' ORDER BY 1`,
    )
    .all()
  const orphans = db.prepare('SELECT count(*) AS orphans FROM pragma_foreign_key_check(?)')
  try {
    return withKeys.reduce((sum, { name }) => sum + Number(orphans.get(String(name))?.['orphans']), 0)
  } catch (error) {
    if (!isUnknownToSqlite(error)) throw error
    return null
  }
}
