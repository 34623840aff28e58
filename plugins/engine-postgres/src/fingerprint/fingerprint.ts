import type { Fingerprint } from 'dbvault'
import type { Definitions } from './read-definitions.ts'

/** Permanent: stands in manifests. Another way to digest rows gets another number. */
export const SCHEME = 'postgres-rows-1'

/** Schema, name, rows, and the sum of the 64-bit hashes of the rows, in decimal. */
export type TableEntry = readonly [schema: string, name: string, rows: number, sum: string]

/**
 * Schema, name, increment, whether it cycles, and the position before and after the dump: last value and is_called. After
 * is null where it went round meanwhile and came back to where it was.
 */
export type SequenceEntry = readonly [
  schema: string,
  name: string,
  increment: string,
  cycles: boolean,
  before: Position,
  after: Position | null,
]
export type Position = readonly [last: string, called: boolean]

/**
 * What a database holds, as its own server reads it: the sum over the rows of each table of
 * `hashtextextended(row::text, 0)` with the columns in the order of their names, under fixed settings for how values
 * are written. It is independent of the order of rows and columns, which a restore changes.
 */
export interface PostgresFingerprint extends Fingerprint {
  readonly scheme: typeof SCHEME
  readonly encoding: string
  readonly tables: readonly TableEntry[]
  /** Positions may move while a dump is made; they are in no snapshot. */
  readonly sequences: readonly SequenceEntry[]
  /** How many there are, and the sum over them. Null where they cannot be read. */
  readonly largeObjects: readonly [count: number, sum: string]
  /** Tables whose rows were left out of the dump, and stand among `tables` as empty. */
  readonly excluded?: readonly (readonly [schema: string, name: string])[]
  /** How many of each other kind there are, such as views, indexes and functions. */
  readonly objects: Readonly<Record<string, number>>
  /** Of how they are defined. Absent in fingerprints of versions that did not read that. */
  readonly definitions?: Definitions
}

/** Undefined for anything that this version did not write. */
export function asPostgresFingerprint(fingerprint: Fingerprint): PostgresFingerprint | undefined {
  const { scheme, tables, sequences, largeObjects, objects } = fingerprint
  const known =
    scheme === SCHEME &&
    isListOf(tables, 4) &&
    isListOf(sequences, 6) &&
    Array.isArray(largeObjects) &&
    typeof objects === 'object' &&
    objects !== null
  return known ? (fingerprint as PostgresFingerprint) : undefined
}

export function counts({ tables, sequences, largeObjects, objects }: PostgresFingerprint): Record<string, number> {
  const more = {
    sequences: sequences.length,
    blobs: largeObjects[0],
    objects: Object.values(objects).reduce((sum, count) => sum + count, 0),
  }
  return {
    tables: tables.length,
    rows: tables.reduce((sum, [, , rows]) => sum + rows, 0),
    ...Object.fromEntries(Object.entries(more).filter(([, count]) => count > 0)),
  }
}

function isListOf(value: unknown, length: number): boolean {
  return Array.isArray(value) && value.every((entry) => Array.isArray(entry) && entry.length === length)
}
