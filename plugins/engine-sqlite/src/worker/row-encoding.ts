import { hash } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'

/** Values longer than this stand in the encoding as their sha256, so that a batch of rows stays small. */
const LONG_BYTES = 4096
/** A function may have 127 arguments in older SQLite, and a table 2000 columns. */
const COLUMNS_A_CALL = 100

export interface RowShape {
  /** A name under which the rowid can be read, where there is one. */
  readonly rowid: string | undefined
  readonly columns: readonly string[]
  /** The database's text encoding: `UTF-8`, `UTF-16le` or `UTF-16be`. */
  readonly encoding: string
}

/**
 * An SQL expression that gives one text a row, different whenever a value or its storage class is:
 * `rowid;` (or `-;`), then for each column one of `n`, `i<decimal>;`, `r<bits of the double as an integer>;`,
 * `t<bytes>:<text>`, `b<bytes>:<blob>`, and for long values `T<sha256>` and `B<sha256>`. In UTF-16 databases texts and
 * blobs are in hex, `t<hex>;`.
 *
 * SQLite builds it and only batches of it cross to JavaScript: a cell that crosses costs more than all the rest. Only
 * its bytes are used, nothing that another version of SQLite could print otherwise, such as a floating-point number.
 */
export function rowEncoding({ rowid, columns, encoding }: RowShape): string {
  const cell = encoding === 'UTF-8' ? utf8Cell : utf16Cell
  const calls = [`concat(${rowid === undefined ? `'-;'` : `${rowid},';'`})`]
  for (let at = 0; at < columns.length; at += COLUMNS_A_CALL) {
    calls.push(
      `concat(${columns
        .slice(at, at + COLUMNS_A_CALL)
        .map((name) => cell(quoted(name)))
        .join(',')})`,
    )
  }
  return calls.join('||')
}

/** Makes the functions known that `rowEncoding` calls. */
export function registerRowFunctions(db: DatabaseSync): void {
  const double = new Float64Array(1)
  const bits = new BigInt64Array(double.buffer)
  db.function('dbvault_real', { deterministic: true }, (value) => {
    double[0] = value as number
    return bits[0] as bigint
  })
  db.function('dbvault_sha256', { deterministic: true }, (value) => hash('sha256', value as Uint8Array))
}

export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

function utf8Cell(c: string): string {
  return cellOf(c, `octet_length(${c}),':',${c}`, `octet_length(${c}),':',CAST(${c} AS TEXT)`)
}

/** Making UTF-8 of it would lose what is not valid UTF-16. */
function utf16Cell(c: string): string {
  return cellOf(c, `hex(CAST(${c} AS BLOB)),';'`, `hex(${c}),';'`)
}

function cellOf(c: string, text: string, blob: string): string {
  const digest = `dbvault_sha256(CAST(${c} AS BLOB))`
  const short = `octet_length(${c})<=${LONG_BYTES}`
  return (
    `CASE typeof(${c})` +
    ` WHEN 'text' THEN iif(${short},concat('t',${text}),concat('T',${digest}))` +
    ` WHEN 'integer' THEN concat('i',${c},';')` +
    ` WHEN 'real' THEN concat('r',dbvault_real(${c}),';')` +
    ` WHEN 'blob' THEN iif(${short},concat('b',${blob}),concat('B',${digest}))` +
    ` ELSE 'n' END`
  )
}
