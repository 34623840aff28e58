import { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'

/**
 * Opens what the user owns, for reading. Read-only also because a read-write open creates an absent file and rolls
 * back journals.
 */
export function openSource(path: string): DatabaseSync {
  return new DatabaseSync(path, { readOnly: true, timeout: 0 })
}

/**
 * Opens a file that nobody else has and nobody writes. `immutable` keeps SQLite from making -wal and -shm files
 * beside it and from taking locks: https://www.sqlite.org/uri.html#uriimmutable
 */
export function openScratch(path: string): DatabaseSync {
  const url = pathToFileURL(path)
  url.searchParams.set('immutable', '1')
  return new DatabaseSync(url, { readOnly: true })
}

/** Opens for writing what is there already; never creates. */
export function openTarget(path: string): DatabaseSync {
  const url = pathToFileURL(path)
  url.searchParams.set('mode', 'rw')
  return new DatabaseSync(url, { timeout: 0 })
}

/** A pragma of one number or word. */
export function pragma(db: DatabaseSync, name: string): number | string {
  const row = db.prepare(`PRAGMA ${name}`).get()
  return Object.values(row ?? {})[0] as number | string
}
