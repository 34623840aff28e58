import { randomUUID } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'

/** Makes a database of about so many bytes, of rows as a shop has them: about 140 bytes each, 2.4 times compressible. */
export function sampleDatabase(path: string, bytes: number): void {
  using db = new DatabaseSync(path)
  db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;
    CREATE TABLE orders (id INTEGER PRIMARY KEY, uuid TEXT, email TEXT, amount REAL, placed_at TEXT, note TEXT)`)
  const insert = db.prepare('INSERT INTO orders (uuid, email, amount, placed_at, note) VALUES (?, ?, ?, ?, ?)')
  const size = db.prepare('SELECT page_count * page_size AS bytes FROM pragma_page_count, pragma_page_size')
  for (let row = 0; Number(size.get()?.['bytes']) < bytes;) {
    db.exec('BEGIN')
    for (const end = row + 10_000; row < end; row += 1) {
      const day = `2026-0${1 + (row % 9)}-1${row % 10} 12:${10 + (row % 50)}:00`
      const note = `Lorem ipsum dolor sit amet ${row % 977} consectetur`
      insert.run(randomUUID(), `user${row % 9973}@example.com`, Math.round(Math.random() * 1e8) / 100, day, note)
    }
    db.exec('COMMIT')
  }
  db.exec('PRAGMA wal_checkpoint(TRUNCATE)')
}
