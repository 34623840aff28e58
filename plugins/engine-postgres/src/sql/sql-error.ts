/** The bytes are not a whole dump in SQL. The message says where and why, and quotes no row. */
export class SqlError extends Error {
  override readonly name = 'SqlError'
}
