import { createHash } from 'node:crypto'
import { said, type Answer } from './answer.ts'
import type { Content, Table } from './state.ts'

/** Answers the few queries that the engine asks, from what is in the database. Any other is not understood. */
export function query(sql: string, content: Content, version: string): Answer {
  const [, marked = ''] = /^SELECT 'dbv\|(\w+)\|/.exec(sql) ?? []
  switch (marked) {
    case 'setting':
      return rows(Object.entries(content.settings).map(([name, value]) => `dbv|setting|${name}|${value}`))
    case 'tablespace':
      return rows(
        Array.from({ length: content.partitions }, (_, member) => [
          `dbv|tablespace|0|DMS|1|8192|67108864|${member}`,
          ...content.tableSpaces.map(({ id, kind }) => `dbv|tablespace|${id}|${kind}|0|1000|8192000|${member}`),
        ]).flat(),
      )
    case 'column':
      return rows(content.tables.filter(isOfUser).flatMap(columns))
    case 'objects': {
      const kind = /\|objects\|' \|\| '(\w+)'/.exec(sql)?.[1] ?? ''
      return rows([`dbv|objects|${kind}|${content.objects[kind] ?? 0}`])
    }
    case 'rows':
      return count(sql, content, version)
    default:
      return said('sql0104n')
  }
}

function isOfUser({ schema }: Table): boolean {
  return !schema.startsWith('SYS')
}

function columns({ schema, name, columns: list }: Table): string[] {
  const own = (type: string): string => (type.startsWith('user ') ? '' : type)
  return list.map((column) => `dbv|column|${hex(schema)}|${hex(name)}|${hex(column.name)}|${own(column.type)}`)
}

function count(sql: string, { tables }: Content, version: string): Answer {
  const [, place, expression = '', schema, name] =
    /^SELECT 'dbv\|rows\|(\d+)\|' (.*) FROM "((?:[^"]|"")+)"\."((?:[^"]|"")+)"$/s.exec(sql) ?? []
  const table = tables.find((each) => each.schema === unquoted(schema) && each.name === unquoted(name))
  if (table === undefined) return said('sql0204n')
  if (!expression.includes('HASH8')) return rows([`dbv|rows|${place}|${table.rows.length}|`])
  if (Number.parseInt(version, 10) < 11) return said('sql0440n')
  const used = [...expression.matchAll(/(HASH8|LENGTH|CASE WHEN )\(?("(?:[^"]|"")+")/g)].map(([, how, column]) => ({
    how,
    place: table.columns.findIndex((each) => each.name === unquoted(column?.slice(1, -1))),
  }))
  if (used.length !== table.columns.length || used.some((each) => each.place < 0)) return said('sql0204n')
  const sum = table.rows.reduce((total, row) => {
    const values = used.map(({ how, place: at }) => {
      const value = row[at] ?? null
      if (value === null) return '-'
      if (how === 'HASH8') return String(hash(String(value)))
      return how === 'LENGTH' ? String(String(value).length) : '+'
    })
    return total + hash(values.join('|'))
  }, 0n)
  return rows([`dbv|rows|${place}|${table.rows.length}.|${sum}.`])
}

function hash(text: string): bigint {
  return createHash('sha256').update(text).digest().readBigInt64BE()
}

function unquoted(name = ''): string {
  return name.replaceAll('""', '"')
}

function hex(text: string): string {
  return Buffer.from(text).toString('hex').toUpperCase()
}

/** One column without a name, padded to its width, as the command line processor prints it. */
function rows(lines: readonly string[]): Answer {
  const width = Math.max(1, ...lines.map(({ length }) => length)) + 8
  const head = ['', '1'.padEnd(width), '-'.repeat(width)]
  const foot = ['', `  ${lines.length} record(s) selected.`, '']
  return {
    output: [...head, ...lines.map((line) => line.padEnd(width)), ...foot].join('\n'),
    code: lines.length === 0 ? 1 : 0,
  }
}
