import { DatabaseSync } from 'node:sqlite'

/** Makes a database of about so many bytes that no compression makes smaller. */
export function randomDatabase(path: string, bytes: number): void {
  using db = new DatabaseSync(path)
  db.exec(
    'PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; CREATE TABLE photo (id INTEGER PRIMARY KEY, bytes BLOB)',
  )
  db.prepare(
    `INSERT INTO photo (bytes) WITH RECURSIVE row(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM row WHERE n < ?)
     SELECT randomblob(2000) FROM row`,
  ).run(Math.max(1, Math.round(bytes / 2050)))
}
