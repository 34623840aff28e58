import { statSync } from 'node:fs'
import { sidecars } from '../sidecars.ts'
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
    // One moment for the size that SQLite says and the size that the file has.
    if (!db.isTransaction) db.exec('BEGIN')
    const pages = Number(pragma(db, 'page_count'))
    const pageSize = Number(pragma(db, 'page_size'))
    return {
      version: String(db.prepare('SELECT sqlite_version() AS version').get()?.['version']),
      pages,
      pageSize,
      journalMode: String(pragma(db, 'journal_mode')),
      damage: [
        ...cutEnd(path, pages * pageSize),
        ...(pages * pageSize <= QUICK_CHECK_LIMIT ? checkIntegrity(db, 'quick_check') : []),
      ],
    }
  })
}

/**
 * SQLite reads the bytes that a cut file lacks of its last page as zeros, and finds nothing wrong with them. With a log
 * beside it the last page may be there. Only looked at, not opened: closing another descriptor would drop SQLite's locks.
 */
function cutEnd(path: string, bytes: number): string[] {
  const [log = ''] = sidecars(path)
  const missing = bytes - statSync(path).size
  const hasLog = (statSync(log, { throwIfNoEntry: false })?.size ?? 0) > 0
  return missing > 0 && !hasLog ? [`its file ends ${missing} bytes before its last page does`] : []
}
