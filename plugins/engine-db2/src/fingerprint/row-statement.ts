import { identifier } from '../clp/quote.ts'
import type { Column, Table } from './tables.ts'

/** Types whose content the digest functions of the server do not take. */
const LARGE = new Set(['BLOB', 'CLOB', 'DBCLOB', 'LONG VARCHAR', 'LONG VARGRAPHIC'])

/**
 * Counts the rows of a table and adds up a digest of each, so that their order does not matter. Each value is digested by
 * itself first: a whole row as text would be longer than a text may be. Of large objects only the length is taken, of XML
 * and of types that users have defined only whether there is a value.
 */
export function rowStatement(table: Table, place: number, digested: boolean): string {
  const name = `${identifier(table.schema)}.${identifier(table.name)}`
  // A line each: the command line processor does not take lines of any length.
  const row = table.columns.map(valueOf).join('\n|| ')
  const digest = digested ? `COALESCE(VARCHAR(SUM(DECIMAL(HASH8(${row}), 31, 0))), '0')` : "''"
  return `SELECT 'dbv|rows|${place}|' || VARCHAR(COUNT_BIG(*)) || '|' || ${digest} FROM ${name}`
}

function valueOf({ name, type }: Column): string {
  const column = identifier(name)
  if (type === undefined || type === 'XML') return `CASE WHEN ${column} IS NULL THEN '-' ELSE '+' END`
  if (LARGE.has(type)) return `COALESCE(HEX(BIGINT(LENGTH(${column}))), '-')`
  return `COALESCE(HEX(HASH8(${column})), '-')`
}

/** Whether all that the table holds is digested. */
export function isWhollyDigested({ columns }: Table): boolean {
  return columns.every(({ type }) => type !== undefined && type !== 'XML' && !LARGE.has(type))
}
