import { createHash } from 'node:crypto'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { hasPassed } from './free-passed.ts'
import { quoted, rowEncoding } from './row-encoding.ts'
import { storedColumns, type Table } from './tables.ts'

export interface TableContent {
  readonly rows: number
  readonly digest: string
}

const SMALLEST_ROWID = -(2n ** 63n)
const LARGEST_ROWID = 2n ** 63n - 1n
const BATCH_ROWS = 32
/** One cell gives at most some 8 KiB; a batch of a table with very many columns has fewer rows. */
const BATCH_CELLS = 1024

/** Counts and digests the rows of a table in the order of its own b-tree, which is the same in every copy of its pages. */
export function digestRows(db: DatabaseSync, table: Table, encoding: string): TableContent {
  const { stored, all } = storedColumns(db, table.name)
  const rowid = table.withoutRowid ? undefined : rowidName(all)
  const row = rowEncoding({ rowid, columns: stored, encoding })
  // NOT INDEXED: an index that covers the columns would be read in place of the table.
  const from = `FROM main.${quoted(table.name)} NOT INDEXED`
  if (rowid === undefined) return digestOneByOne(db.prepare(`SELECT CAST(${row} AS BLOB) ${from}`))
  const limit = Math.max(1, Math.min(BATCH_ROWS, Math.floor(BATCH_CELLS / (stored.length + 1))))
  return digestBatches(
    db.prepare(
      `SELECT CAST(group_concat(row, '') AS BLOB), count(*), max(id)
       FROM (SELECT ${row} AS row, ${rowid} AS id ${from} WHERE ${rowid} >= ? ORDER BY ${rowid} LIMIT ${limit})`,
    ),
  )
}

function digestBatches(batch: StatementSync): TableContent {
  batch.setReturnArrays(true)
  batch.setReadBigInts(true)
  const digest = createHash('sha256')
  let rows = 0
  let next = SMALLEST_ROWID
  for (;;) {
    const [bytes, count, last] = batch.get(next) as unknown as [Uint8Array, bigint, bigint]
    if (count === 0n) break
    digest.update(bytes)
    hasPassed(bytes.length)
    rows += Number(count)
    if (last === LARGEST_ROWID) break
    next = last + 1n
  }
  return { rows, digest: digest.digest('hex') }
}

function digestOneByOne(each: StatementSync): TableContent {
  each.setReturnArrays(true)
  const digest = createHash('sha256')
  let rows = 0
  for (const [bytes] of each.iterate() as unknown as Iterable<[Uint8Array]>) {
    digest.update(bytes)
    hasPassed(bytes.length)
    rows += 1
  }
  return { rows, digest: digest.digest('hex') }
}

/** A column may be called rowid. When all three names are taken the rowid cannot be read at all. */
function rowidName(columns: readonly string[]): string | undefined {
  const taken = new Set(columns.map((name) => name.toLowerCase()))
  return ['rowid', '_rowid_', 'oid'].find((name) => !taken.has(name))
}
