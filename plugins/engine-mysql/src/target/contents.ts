import { isDatabase } from '../server/quote.ts'
import type { Session } from '../server/session.ts'
import { SIGN } from './sign.ts'

export interface Contents {
  readonly tables: number
  readonly others: number
  readonly bytes: number
}

/** Undefined for a database that is not there. */
export async function contentsOf(session: Session, database: string): Promise<Contents | undefined> {
  const [row] = await session.rows(
    `SELECT (SELECT COUNT(*) FROM information_schema.SCHEMATA WHERE ${isDatabase('SCHEMA_NAME', database)}) s,
      (SELECT COUNT(*) FROM information_schema.TABLES WHERE ${isDatabase('TABLE_SCHEMA', database)} AND TABLE_NAME NOT REGEXP '${SIGN.source}') t,
      (SELECT COUNT(*) FROM information_schema.ROUTINES WHERE ${isDatabase('ROUTINE_SCHEMA', database)}) +
      (SELECT COUNT(*) FROM information_schema.EVENTS WHERE ${isDatabase('EVENT_SCHEMA', database)}) o,
      (SELECT COALESCE(SUM(DATA_LENGTH), 0) FROM information_schema.TABLES WHERE ${isDatabase('TABLE_SCHEMA', database)}) b`,
  )
  if (Number(row?.['s']) === 0) return undefined
  return { tables: Number(row?.['t']), others: Number(row?.['o']), bytes: Number(row?.['b']) }
}
