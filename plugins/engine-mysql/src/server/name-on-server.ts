import { literal } from './quote.ts'
import type { Session } from './session.ts'

/** A database as the server calls it, which may be set to tell no names apart by case; one that is not there as it would be. */
export async function nameOnServer(session: Session, database: string): Promise<string> {
  const cases = Number(await session.value('SELECT @@lower_case_table_names'))
  if (cases === 0) return database
  const rows = await session.rows(
    `SELECT SCHEMA_NAME n FROM information_schema.SCHEMATA WHERE LOWER(SCHEMA_NAME) = LOWER(${literal(database)})`,
  )
  const names = rows.map((row) => String(row['n']))
  const lower = database.toLowerCase()
  return names.find((name) => name.toLowerCase() === lower) ?? (cases === 1 ? lower : database)
}
