import { DatabaseSync } from 'node:sqlite'

/** What differs between two SQLite databases: schema entries and rows, one line for each table. Empty when nothing does. */
export function differences(file: string, other: string): string[] {
  const db = new DatabaseSync(file, { readOnly: true })
  try {
    db.prepare('ATTACH ? AS other').run(other)
    const tables = db.prepare("SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') ORDER BY name").all()
    return ['sqlite_schema', ...tables.map(({ name }) => String(name))].flatMap((table) => compare(db, table))
  } finally {
    db.close()
  }
}

function compare(db: DatabaseSync, table: string): string[] {
  const columns = table === 'sqlite_schema' ? 'type, name, tbl_name, sql' : '*'
  const rows = (schema: string) => `SELECT ${columns} FROM ${schema}."${table.replaceAll('"', '""')}"`
  const onlyIn = (one: string, two: string) =>
    Number(db.prepare(`SELECT count(*) AS n FROM (${rows(one)} EXCEPT ${rows(two)})`).get()?.['n'])
  const [here, there] = [onlyIn('main', 'other'), onlyIn('other', 'main')]
  return here + there === 0 ? [] : [`${table}: ${here} rows are only in the first, ${there} only in the second`]
}
