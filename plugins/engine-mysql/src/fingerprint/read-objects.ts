import { isDatabase } from '../server/quote.ts'
import type { Row, Session } from '../server/session.ts'
import { SIGN } from '../target/sign.ts'
import type { Column } from './row-expression.ts'

export interface TableObject {
  readonly name: string
  readonly kind: 'table' | 'view' | 'sequence'
  /** Of the storage engine: whether a snapshot covers it. */
  readonly transactional: boolean
  readonly versioned: boolean
  readonly bytes: number
}

/** Tables, views and sequences of the user's, sorted by name as bytes. */
export async function readTables(session: Session, database: string): Promise<TableObject[]> {
  const rows = await session.rows(
    `SELECT TABLE_NAME n, TABLE_TYPE t, ENGINE e, DATA_LENGTH b FROM information_schema.TABLES WHERE ${isDatabase('TABLE_SCHEMA', database)} ORDER BY CAST(TABLE_NAME AS BINARY)`,
  )
  const engines = await session.rows("SELECT ENGINE e FROM information_schema.ENGINES WHERE TRANSACTIONS = 'YES'")
  const transactional = new Set(engines.map((row) => text(row, 'e')))
  const own = rows.filter((row) => !SIGN.test(text(row, 'n')))
  return own.map((row) => {
    const type = text(row, 't')
    return {
      name: text(row, 'n'),
      kind: type.includes('VIEW') ? 'view' : type === 'SEQUENCE' ? 'sequence' : 'table',
      transactional: transactional.has(text(row, 'e')),
      versioned: type === 'SYSTEM VERSIONED',
      bytes: Number(row['b'] ?? 0),
    }
  })
}

/** The columns of every table, in their order. One query: there may be thousands of tables. */
export async function readColumns(session: Session, database: string): Promise<Map<string, Column[]>> {
  const rows = await session.rows(
    `SELECT TABLE_NAME n, COLUMN_NAME c, DATA_TYPE d FROM information_schema.COLUMNS WHERE ${isDatabase('TABLE_SCHEMA', database)} ORDER BY TABLE_NAME, ORDINAL_POSITION`,
  )
  const columns = new Map<string, Column[]>()
  for (const row of rows) {
    const table = text(row, 'n')
    const list = columns.get(table) ?? []
    list.push({ name: text(row, 'c'), type: text(row, 'd').toLowerCase() })
    columns.set(table, list)
  }
  return columns
}

export function text(row: Row | undefined, column: string): string {
  return String(row?.[column] ?? '')
}
