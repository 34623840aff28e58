import type { Fingerprint } from 'dbvault'
import { series, type Vendor } from '../server/facts.ts'
import { shown } from '../server/quote.ts'

/** Permanent: stands in manifests. Another way to digest rows gets another number. */
export const SCHEME = 'mysql-rows-1'

/**
 * Name, rows, digest. A digest of null: the table changed while it was dumped and is outside of any transaction, so
 * nobody knows what the dump should hold of it.
 */
export type TableEntry = readonly [name: string, rows: number, digest: string | null]
/** `table`, `view`, `trigger`, `event` or the kind of a routine, its name, digest of its definition. */
export type DefinitionEntry = readonly [kind: string, name: string, digest: string]
/** A sequence gives out numbers without regard to transactions: where it stood before and after the dump. */
export type SequenceEntry = readonly [name: string, before: string, after: string]

export interface MysqlFingerprint extends Fingerprint {
  readonly scheme: typeof SCHEME
  readonly vendor: Vendor
  readonly version: string
  readonly database: string
  readonly charset: string
  readonly collation: string
  /** Of the server: whether names of tables are told apart by case. */
  readonly lowerCaseTableNames: number
  /** Whether the rows that system-versioned tables keep are in the dump. */
  readonly history: boolean
  readonly tables: readonly TableEntry[]
  readonly sequences: readonly SequenceEntry[]
  readonly definitions: readonly DefinitionEntry[]
  /** Other databases that its views use. */
  readonly elsewhere?: readonly string[]
  /** The row that makes the longest statement, and how many bytes that has at least. */
  readonly longest?: readonly [table: string, bytes: number]
}

const SHOWN = 20

/** Undefined for anything that this version did not write. */
export function asMysqlFingerprint(fingerprint: Fingerprint): MysqlFingerprint | undefined {
  const { scheme, vendor, version, database, charset, collation, lowerCaseTableNames } = fingerprint
  const lists = [fingerprint['tables'], fingerprint['sequences'], fingerprint['definitions']]
  const known =
    scheme === SCHEME &&
    (vendor === 'MariaDB' || vendor === 'MySQL') &&
    [version, database, charset, collation].every((text) => typeof text === 'string') &&
    typeof lowerCaseTableNames === 'number' &&
    lists.every((list) => Array.isArray(list) && list.every((entry) => Array.isArray(entry) && entry.length === 3))
  return known ? (fingerprint as MysqlFingerprint) : undefined
}

export function counts({ tables, definitions }: MysqlFingerprint): Record<string, number> {
  const of = (kinds: RegExp): number => definitions.filter(([kind]) => kinds.test(kind)).length
  const all = {
    tables: tables.length,
    rows: tables.reduce((sum, [, rows, digest]) => sum + (digest === null ? 0 : rows), 0),
    views: of(/^view$/),
    triggers: of(/^trigger$/),
    routines: of(/^(?:procedure|function|package|package body)$/),
    events: of(/^event$/),
  }
  return Object.fromEntries(Object.entries(all).filter(([name, count]) => count > 0 || name === 'tables'))
}

export interface Comparison {
  /** False where events were not restored, because they would have run. */
  readonly events: boolean
}

/** One line for each difference, at most a screenful. No row data. */
export function differences(expected: MysqlFingerprint, found: MysqlFingerprint, { events }: Comparison): string[] {
  const all = [
    ...differentTables(expected, found),
    ...differentSequences(expected, found),
    ...differentDefinitions(expected, found, events),
  ]
  if (sameServers(expected, found) && expected.collation !== found.collation) {
    all.push(`the default collation is ${found.collation} instead of ${expected.collation}`)
  }
  return all.length <= SHOWN ? all : [...all.slice(0, SHOWN), `and ${all.length - SHOWN} more`]
}

/** Servers of another series write the same definition in other words. */
function sameServers(a: MysqlFingerprint, b: MysqlFingerprint): boolean {
  return a.vendor === b.vendor && series(a.version) === series(b.version)
}

function* differentTables(expected: MysqlFingerprint, found: MysqlFingerprint): Generator<string> {
  const rest = new Map(found.tables.map((entry) => [entry[0], entry]))
  for (const [name, rows, digest] of expected.tables) {
    const entry = rest.get(name)
    rest.delete(name)
    if (entry === undefined) yield `table ${shown(name)} is missing`
    else if (digest === null) continue
    else if (entry[1] !== rows) yield `table ${shown(name)} has ${entry[1]} rows instead of ${rows}`
    else if (entry[2] !== digest) yield `table ${shown(name)} has the right number of rows, but other content`
  }
  for (const name of rest.keys()) yield `table ${shown(name)} was not there when the dump was made`
}

function* differentSequences(expected: MysqlFingerprint, found: MysqlFingerprint): Generator<string> {
  const rest = new Map(found.sequences.map((entry) => [entry[0], entry]))
  for (const [name, before, after] of expected.sequences) {
    const entry = rest.get(name)
    rest.delete(name)
    if (entry === undefined) yield `sequence ${shown(name)} is missing`
    else if (!between(BigInt(entry[1]), BigInt(before), BigInt(after))) {
      yield `sequence ${shown(name)} stands at ${entry[1]} instead of ${before}${before === after ? '' : ` to ${after}`}`
    }
  }
  for (const name of rest.keys()) yield `sequence ${shown(name)} was not there when the dump was made`
}

function between(value: bigint, one: bigint, other: bigint): boolean {
  return one <= other ? value >= one && value <= other : value <= one && value >= other
}

function* differentDefinitions(
  expected: MysqlFingerprint,
  found: MysqlFingerprint,
  events: boolean,
): Generator<string> {
  const comparable = sameServers(expected, found)
  const keyed = ({ definitions }: MysqlFingerprint): Map<string, DefinitionEntry> =>
    new Map(
      definitions
        .filter(([kind]) => events || kind !== 'event')
        .map((entry) => [`${entry[0]} ${shown(entry[1])}`, entry]),
    )
  const rest = keyed(found)
  for (const [title, [kind, , digest]] of keyed(expected)) {
    const entry = rest.get(title)
    rest.delete(title)
    if (entry === undefined && kind !== 'table') yield `${title} is missing`
    else if (entry !== undefined && comparable && entry[2] !== digest) yield `${title} is defined differently`
  }
  for (const [title, [kind]] of rest) if (kind !== 'table') yield `${title} was not there when the dump was made`
}
