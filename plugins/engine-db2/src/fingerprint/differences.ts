import type { Db2Fingerprint, TablePrint } from './fingerprint.ts'

const MOST = 20

/** What a restored database has not, or has otherwise; one line each. */
export function differences(expected: Db2Fingerprint, found: Db2Fingerprint): string[] {
  const there = new Map(found.tables.map((table) => [table.name, table]))
  const steady = expected.tables.every(({ rows }) => rows !== undefined)
  const expectedNames = new Set(expected.tables.map(({ name }) => name))
  const lines = [
    ...expected.tables.flatMap((table) => ofTable(table, there.get(table.name), expected.digested && found.digested)),
    // Beside tables that others write to there may be tables that others have made.
    ...(steady
      ? found.tables.filter(({ name }) => !expectedNames.has(name)).map(({ name }) => `table ${name} is new`)
      : []),
    ...Object.entries(expected.objects)
      .filter(([kind, count]) => (found.objects[kind] ?? 0) !== count)
      .map(([kind, count]) => `${found.objects[kind] ?? 0} ${kind} in place of ${count}`),
  ]
  return lines.length > MOST ? [...lines.slice(0, MOST), `and ${lines.length - MOST} more`] : lines
}

function ofTable(expected: TablePrint, found: TablePrint | undefined, digested: boolean): string[] {
  const table = `table ${expected.name}`
  if (found === undefined) return [`${table} is missing`]
  if (found.columns !== expected.columns)
    return [`${table} has ${found.columns} columns in place of ${expected.columns}`]
  if (expected.rows === undefined) return []
  if (found.rows !== expected.rows) return [`${table} has ${found.rows} rows in place of ${expected.rows}`]
  return digested && found.digest !== expected.digest ? [`${table} has other content`] : []
}
