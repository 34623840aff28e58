import type { Host } from 'dbvault'
import { realpath, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { requirePath } from './require-path.ts'

/**
 * The real path of a source that may be opened. Symbolic links are followed here, because the -wal of a database lies
 * beside the file itself. The file is never opened but by SQLite: in one process, closing any other descriptor of it
 * drops the locks that SQLite holds (https://www.sqlite.org/howtocorrupt.html, 2.2).
 * @throws USAGE, SOURCE_NOT_FOUND, SOURCE_DENIED
 */
export async function sourceFile(database: string, host: Host): Promise<string> {
  const given = resolve(requirePath(database, host))
  try {
    const path = await realpath(given)
    const found = await stat(path)
    if (!found.isFile()) {
      const kind = found.isDirectory() ? 'a directory' : 'no regular file'
      throw host.error('SOURCE_NOT_FOUND', `${given} is ${kind}, not a database`)
    }
    if (found.size === 0) {
      throw host.error('SOURCE_NOT_FOUND', `${given} is empty: there is no database in it`, {
        hints: ['Look whether this is the path that the application uses.'],
      })
    }
    return path
  } catch (error) {
    throw meaning(error, given, host)
  }
}

function meaning(error: unknown, path: string, host: Host): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return host.error('SOURCE_NOT_FOUND', `There is no database file ${path}`, { cause: error })
    case 'ELOOP':
      return host.error('SOURCE_NOT_FOUND', `${path} is a symbolic link that leads back to itself`, { cause: error })
    case 'EACCES':
    case 'EPERM':
      return host.error('SOURCE_DENIED', `${path} may not be looked at by this user`, { cause: error })
    default:
      return error
  }
}
