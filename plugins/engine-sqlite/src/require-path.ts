import type { Host } from 'dbvault'

/**
 * Refuses what SQLite would open and what is no file: '' and ':memory:' are new empty databases, and a `file:` URI can
 * ask for either, or for reading without locks.
 * @throws USAGE
 */
export function requirePath(database: string, host: Host): string {
  const hints = ['Give the path of the database file with --database.']
  if (database === '') throw host.error('USAGE', 'The path of the SQLite database is empty', { hints })
  if (database === ':memory:')
    throw host.error('USAGE', ':memory: is no file, and lives in one process only', { hints })
  if (/^file:/i.test(database))
    throw host.error('USAGE', 'An SQLite database is named by its path, not a URI', { hints })
  if (database.includes('\0')) throw host.error('USAGE', 'The path of the SQLite database holds a NUL', { hints })
  return database
}
