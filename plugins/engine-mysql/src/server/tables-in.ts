import { isDatabase } from './quote.ts'
import type { Session } from './session.ts'

/** Everything that has a name like a table, our own too. None of a database that is not there. */
export async function tablesIn(session: Session, database: string): Promise<string[]> {
  const rows = await session.rows(
    `SELECT TABLE_NAME n FROM information_schema.TABLES WHERE ${isDatabase('TABLE_SCHEMA', database)}`,
  )
  return rows.map((row) => String(row['n']))
}
