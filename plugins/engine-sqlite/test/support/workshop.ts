import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** A directory for one test, and what is done in it. */
export class Workshop implements Disposable {
  readonly directory = mkdtempSync(join(tmpdir(), 'dbvault-sqlite-'))

  path(name: string): string {
    return join(this.directory, name)
  }

  /** Makes a database, or changes one, and closes it. */
  sql(name: string, sql: string): string {
    const db = new DatabaseSync(this.path(name))
    try {
      db.exec(sql)
    } finally {
      db.close()
    }
    return this.path(name)
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true, force: true })
  }
}

/** What another program reads out of a database: schema and rows as SQL. */
export function sqlOf(path: string): string {
  return execFileSync('sqlite3', ['-readonly', path, '.dump', 'PRAGMA user_version', 'PRAGMA application_id'], {
    encoding: 'utf8',
    maxBuffer: 512 * 1024 * 1024,
  })
}
