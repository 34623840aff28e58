import { name } from '../server/quote.ts'
import { isServerError, said } from '../server/server-error.ts'
import type { Session } from '../server/session.ts'
import { readTables } from '../fingerprint/read-objects.ts'

export interface UnreadableView {
  readonly name: string
  readonly why: string
}

/** Views at which every dump program gives up: they use what is not there any more, or a user who is not. */
export async function unreadableViews(session: Session, database: string): Promise<UnreadableView[]> {
  await session.run(`USE ${name(database)}`)
  const found: UnreadableView[] = []
  for (const { name: view, kind } of await readTables(session, database)) {
    if (kind !== 'view') continue
    try {
      await session.rows(`SHOW FIELDS FROM ${name(view)}`)
    } catch (error) {
      if (!isServerError(error) || ![1356, 1449, 1142, 1143, 1370].includes(error.errno ?? 0)) throw error
      found.push({ name: view, why: said(error) })
    }
  }
  return found
}
