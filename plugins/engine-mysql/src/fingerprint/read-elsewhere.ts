import { isDatabase } from '../server/quote.ts'
import type { Session } from '../server/session.ts'
import { text } from './read-objects.ts'

/** Databases that every server has. */
const EVERYWHERE = ['information_schema', 'performance_schema', 'mysql', 'sys']

/** Other databases that views of this one use: where those are not, such a view cannot be made. */
export async function readElsewhere(session: Session, database: string): Promise<string[]> {
  const views = await session.rows(
    `SELECT VIEW_DEFINITION d FROM information_schema.VIEWS WHERE ${isDatabase('TABLE_SCHEMA', database)}`,
  )
  if (views.length === 0) return []
  const schemas = await session.rows('SELECT SCHEMA_NAME n FROM information_schema.SCHEMATA')
  const others = new Set(schemas.map((row) => text(row, 'n')).filter((name) => !EVERYWHERE.includes(name)))
  others.delete(database)
  const found = new Set<string>()
  for (const view of views) {
    for (const [, quoted = ''] of text(view, 'd').matchAll(/`((?:[^`]|``)+)`\.`/g)) {
      const name = quoted.replaceAll('``', '`')
      if (others.has(name)) found.add(name)
    }
  }
  return [...found].sort()
}
