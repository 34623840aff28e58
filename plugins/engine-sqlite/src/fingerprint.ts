import type { Fingerprint } from 'dbvault'

/** Permanent: stands in manifests. Another way to digest rows gets another number. */
export const SCHEME = 'sqlite-rows-1'

/** Name, rows, sha256 over the rows. A list, because a table may have any name, `__proto__` too. */
export type TableEntry = readonly [name: string, rows: number, digest: string]

/**
 * What a database holds, independent of how its pages lie. `sqlite_schema` stands among the tables, so the schema is
 * covered like any other rows.
 */
export interface SqliteFingerprint extends Fingerprint {
  readonly scheme: typeof SCHEME
  readonly settings: Readonly<Record<string, number | string>>
  readonly tables: readonly TableEntry[]
  /** Tables that need a collation or function which only their application has. Their rows are not compared. */
  readonly unread: readonly string[]
  /** Rows whose foreign key refers to nothing; null where that cannot be checked. */
  readonly orphans: number | null
}

const SHOWN = 20

/** Undefined for anything that this version did not write. */
export function asSqliteFingerprint(fingerprint: Fingerprint): SqliteFingerprint | undefined {
  const { scheme, settings, tables, unread, orphans } = fingerprint
  const known =
    scheme === SCHEME &&
    typeof settings === 'object' &&
    settings !== null &&
    Array.isArray(tables) &&
    tables.every((entry) => Array.isArray(entry) && typeof entry[0] === 'string') &&
    Array.isArray(unread) &&
    (orphans === null || typeof orphans === 'number')
  return known ? (fingerprint as SqliteFingerprint) : undefined
}

/** What a person would count: without SQLite's own tables. */
export function counts({ tables }: SqliteFingerprint): { tables: number; rows: number } {
  const own = tables.filter(([name]) => !name.startsWith('sqlite_'))
  return { tables: own.length, rows: own.reduce((sum, [, rows]) => sum + rows, 0) }
}

/** One line for each difference, at most a screenful. No row data. */
export function differences(expected: SqliteFingerprint, found: SqliteFingerprint): string[] {
  const all = [...differentSettings(expected, found), ...differentTables(expected, found)]
  if (expected.orphans !== found.orphans) {
    all.push(`${found.orphans ?? 'uncounted'} rows refer to nothing instead of ${expected.orphans ?? 'uncounted'}`)
  }
  return all.length <= SHOWN ? all : [...all.slice(0, SHOWN), `and ${all.length - SHOWN} more`]
}

function* differentSettings(expected: SqliteFingerprint, found: SqliteFingerprint): Generator<string> {
  for (const name of new Set([...Object.keys(expected.settings), ...Object.keys(found.settings)])) {
    const [wanted, got] = [expected.settings[name], found.settings[name]]
    if (wanted !== got) yield `${name} is ${got} instead of ${wanted}`
  }
}

function* differentTables(expected: SqliteFingerprint, found: SqliteFingerprint): Generator<string> {
  const rest = new Map(found.tables.map((entry) => [entry[0], entry]))
  for (const [name, rows, digest] of expected.tables) {
    const entry = rest.get(name)
    rest.delete(name)
    if (entry === undefined) yield `table ${show(name)} is missing`
    else if (entry[1] !== rows) yield `table ${show(name)} has ${entry[1]} rows instead of ${rows}`
    else if (entry[2] !== digest) yield `table ${show(name)} has the right number of rows, but other content`
  }
  for (const name of rest.keys()) yield `table ${show(name)} was not there when the dump was made`
}

/** Names may hold line breaks and quotes. */
function show(name: string): string {
  return JSON.stringify(name)
}
