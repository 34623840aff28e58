import { isDatabase, name } from '../server/quote.ts'
import { isServerError, withoutQuotes } from '../server/server-error.ts'
import type { Session } from '../server/session.ts'
import { readTables } from '../fingerprint/read-objects.ts'

export interface UnusableView {
  readonly name: string
  readonly why: string
  /** `rights`: it may be broken, or only its definer has no rights on a database of this name. */
  readonly kind: 'broken' | 'rights' | 'definer'
}

/** Asks the server whether each view can be used; that it could be made does not say so. */
export async function checkViews(session: Session, database: string): Promise<UnusableView[]> {
  await session.run(`USE ${name(database)}`)
  const found: UnusableView[] = []
  for (const { name: view, kind: of } of await readTables(session, database)) {
    if (of !== 'view') continue
    const rows = await session.rows(`CHECK TABLE ${name(view)}`)
    const words = rows.filter((row) => /^error$/i.test(String(row['Msg_type']))).map((row) => String(row['Msg_text']))
    if (words.length === 0) continue
    const why = withoutQuotes(words[0] ?? '')
    found.push({ name: view, why, kind: kindOf(words) })
  }
  return found
}

function kindOf(words: readonly string[]): UnusableView['kind'] {
  const all = (pattern: RegExp): boolean => words.every((text) => text === 'Corrupt' || pattern.test(text))
  if (all(/definer.*does not exist/i)) return 'definer'
  return all(/lack rights/i) ? 'rights' : 'broken'
}

/** Makes the users by whom views and routines are defined, on a server that is ours alone: without them nothing can be used. */
export async function makeDefiners(session: Session, database: string): Promise<void> {
  const rows = await session.rows(
    `SELECT DEFINER d FROM information_schema.VIEWS WHERE ${isDatabase('TABLE_SCHEMA', database)}
      UNION SELECT DEFINER FROM information_schema.ROUTINES WHERE ${isDatabase('ROUTINE_SCHEMA', database)}`,
  )
  for (const row of rows) {
    const text = String(row['d'])
    const at = text.lastIndexOf('@')
    if (at < 0 || text === 'root@localhost') continue
    const user = `${name(text.slice(0, at))}@${name(text.slice(at + 1))}`
    try {
      await session.run(`CREATE USER IF NOT EXISTS ${user}`)
      await session.run(`GRANT ALL ON *.* TO ${user}`)
    } catch (error) {
      if (!isServerError(error)) throw error // A role, or a name of another kind: its views are not judged.
    }
  }
}
