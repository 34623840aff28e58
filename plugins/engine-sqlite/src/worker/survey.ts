import { checkIntegrity } from './check-integrity.ts'
import type { Jobs, Survey } from './jobs.ts'
import { openSource, pragma } from './open-database.ts'
import type { WorkerContext } from './worker.ts'

/** What `quick_check` reads in about a tenth of a second. */
const QUICK_CHECK_LIMIT = 64 * 1024 * 1024

/** Opens a database as a dump will, and reads what is known without reading the rows. */
export function survey({ path, patience }: Jobs['survey']['input'], context: WorkerContext): Survey {
  using db = context.patience(patience).try(() => openSource(path))
  return context.patience(patience).try(() => {
    const pages = Number(pragma(db, 'page_count'))
    const pageSize = Number(pragma(db, 'page_size'))
    return {
      version: String(db.prepare('SELECT sqlite_version() AS version').get()?.['version']),
      pages,
      pageSize,
      journalMode: String(pragma(db, 'journal_mode')),
      damage: pages * pageSize <= QUICK_CHECK_LIMIT ? checkIntegrity(db, 'quick_check') : [],
    }
  })
}
