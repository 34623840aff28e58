import { name } from '../server/quote.ts'

export interface Column {
  readonly name: string
  /** `DATA_TYPE` of information_schema.COLUMNS. */
  readonly type: string
}

const NUMBERS = ['tinyint', 'smallint', 'mediumint', 'int', 'bigint', 'decimal', 'year']
/** What may be long: in the bytes that it is kept in. */
const LONG = /char|text|blob|binary|json|geometry|point|linestring|polygon|geomcollection/
const TIMES = ['date', 'time', 'datetime', 'timestamp']

/**
 * An SQL expression for a number of 64 bits that depends on every value of a row, its type, and its column's place.
 * What may be long enters as its own digest, because a server gives up on texts longer than its max_allowed_packet.
 * In the sum of it over a table the order of rows does not matter, and two equal rows do not cancel out.
 */
export function rowNumber(columns: readonly Column[]): string {
  const values = columns.map((column) => `COALESCE(${value(column)}, 'n')`)
  return `CAST(CONV(LEFT(SHA2(CONCAT_WS(',', ${values.join(', ')}), 256), 16), 16, 10) AS UNSIGNED)`
}

const BYTES = /blob|binary|geometry|point|linestring|polygon|geomcollection/

/** An SQL expression for how many bytes a row has in a dump at least, which writes bytes in hex; undefined where it is short. */
export function rowLength(columns: readonly Column[]): string | undefined {
  const long = columns.filter(({ type }) => LONG.test(type) && !/^(?:var)?(?:char|binary)$/.test(type))
  const lengths = long.map(
    ({ name: column, type }) => `COALESCE(LENGTH(${name(column)}), 0) * ${BYTES.test(type) ? 2 : 1}`,
  )
  return lengths.length === 0 ? undefined : lengths.join(' + ')
}

/** Text that is the same exactly when the value is; NULL for NULL, and never `n` or with a comma. */
function value(column: Column): string {
  const quoted = name(column.name)
  // A dump writes -0, which is read as the integer.
  if (column.type === 'double' || column.type === 'float') return `IF(${quoted} = 0, '0', CAST(${quoted} AS CHAR))`
  if (NUMBERS.includes(column.type) || TIMES.includes(column.type)) return `CAST(${quoted} AS CHAR)`
  if (column.type === 'bit') return `CAST(${quoted} + 0 AS CHAR)`
  // Not what CAST makes of it: of a value longer than max_allowed_packet that is NULL. A document has no bytes of its
  // own; as which text it is written is the server's choice.
  if (LONG.test(column.type)) return `SHA2(${quoted}, 256)`
  return `SHA2(CAST(${quoted} AS BINARY), 256)`
}
