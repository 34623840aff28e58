/** What SQLite's result codes mean here: https://www.sqlite.org/rescode.html. An extended code holds its primary one. */

/** SQLITE_BUSY, SQLITE_LOCKED, and 0 "not an error", which Node reports for a lock that was met while opening. */
export function isLocked(error: unknown): boolean {
  return [0, 5, 6].includes(primary(error))
}

/** SQLITE_CORRUPT and SQLITE_NOTADB. */
export function isDamage(error: unknown): boolean {
  return [11, 26].includes(primary(error))
}

/** SQLITE_ERROR while a statement is prepared: a collation or function that the application registers itself. */
export function isUnknownToSqlite(error: unknown): boolean {
  return primary(error) === 1
}

/** SQLITE_FULL. */
export function isDiskFull(error: unknown): boolean {
  return primary(error) === 13
}

/** SQLITE_PERM, SQLITE_READONLY, SQLITE_CANTOPEN. */
export function isDenied(error: unknown): boolean {
  return [3, 8, 14].includes(primary(error))
}

function primary(error: unknown): number {
  const errcode = error instanceof Error && 'errcode' in error ? error.errcode : undefined
  return typeof errcode === 'number' ? errcode & 0xff : -1
}
