import { isDatabase } from '../server/quote.ts'
import { isServerError } from '../server/server-error.ts'
import type { Session } from '../server/session.ts'

const OBJECTS = [
  ['VIEWS', 'TABLE_SCHEMA', 'TABLE_NAME', 'view'],
  ['TRIGGERS', 'TRIGGER_SCHEMA', 'TRIGGER_NAME', 'trigger'],
  ['ROUTINES', 'ROUTINE_SCHEMA', 'ROUTINE_NAME', 'routine'],
  ['EVENTS', 'EVENT_SCHEMA', 'EVENT_NAME', 'event'],
] as const
const SHOWN = 5

/**
 * In words, which objects are defined by users that the server does not have: they fail when they are used. Undefined where
 * there are none, or the users may not be seen.
 */
export async function absentDefiners(session: Session, database: string): Promise<string | undefined> {
  const users = await session.rows("SELECT CONCAT(User, '@', Host) u FROM mysql.user").catch((error: unknown) => {
    if (!isServerError(error)) throw error
    return undefined
  })
  if (users === undefined) return undefined
  // A role of MariaDB has no host, and stands with or without its sign.
  const known = new Set(users.flatMap((row) => [String(row['u']), String(row['u']).replace(/@$/, '')]))
  const found: string[] = []
  for (const [table, schema, column, kind] of OBJECTS) {
    const rows = await session.rows(
      `SELECT ${column} n, DEFINER d FROM information_schema.${table} WHERE ${isDatabase(schema, database)} ORDER BY 1`,
    )
    for (const row of rows) {
      if (!known.has(String(row['d']))) found.push(`${kind} ${JSON.stringify(String(row['n']))} (${String(row['d'])})`)
    }
  }
  if (found.length === 0) return undefined
  const more = found.length > SHOWN ? ` and ${found.length - SHOWN} more` : ''
  return `Defined by a user that the server does not have, and so failing when it is used: ${found.slice(0, SHOWN).join(', ')}${more}`
}
