import { isDatabase, name } from '../server/quote.ts'
import type { Row, Session } from '../server/session.ts'
import { unqualified, unqualifiedTrigger } from '../sql/unqualified.ts'
import { text, type TableObject } from './read-objects.ts'

export type Kind = 'table' | 'view' | 'trigger' | 'event' | 'procedure' | 'function' | 'package' | 'package body'

/** One object and the statement that makes it, with the settings under which that has to be run. */
export interface Definition {
  readonly kind: Kind
  readonly name: string
  readonly sql: string
  readonly settings: {
    readonly sqlMode?: string
    readonly charset?: string
    readonly collation?: string
    /** Of the database: what a routine takes for parameters that name none. */
    readonly databaseCollation?: string
    readonly timeZone?: string
  }
  /** Of a view: whether it uses what is not there. */
  readonly broken?: boolean
  /** Of a trigger: its table. */
  readonly table?: string
}

/** The session's database must be `database`: only then are names in views not qualified by it. */
export async function readViews(session: Session, database: string, views: readonly string[]): Promise<Definition[]> {
  const definitions: Definition[] = []
  const quoted = name(database).slice(1, -1)
  for (const view of views) {
    const [row] = await session.rows(`SHOW CREATE VIEW ${name(view)}`)
    definitions.push(definition('view', view, unqualified(text(row, 'Create View'), quoted), row))
  }
  return definitions
}

export async function readTableDefinitions(
  session: Session,
  database: string,
  tables: readonly TableObject[],
): Promise<Definition[]> {
  const definitions: Definition[] = []
  const quoted = name(database).slice(1, -1)
  for (const table of tables) {
    const [row] = await session.rows(`SHOW CREATE TABLE ${name(table.name)}`)
    definitions.push({
      kind: 'table',
      name: table.name,
      sql: unqualified(text(row, 'Create Table'), quoted),
      settings: {},
    })
  }
  return definitions
}

/** In the order in which those of one table fire. */
export async function readTriggers(session: Session, database: string): Promise<Definition[]> {
  const found = await session.rows(
    `SELECT TRIGGER_NAME n, EVENT_OBJECT_TABLE t FROM information_schema.TRIGGERS WHERE ${isDatabase('TRIGGER_SCHEMA', database)} ORDER BY EVENT_OBJECT_TABLE, ACTION_TIMING, EVENT_MANIPULATION, ACTION_ORDER`,
  )
  const definitions: Definition[] = []
  for (const entry of found) {
    const [row] = await session.rows(`SHOW CREATE TRIGGER ${name(text(entry, 'n'))}`)
    const table = text(entry, 't')
    const sql = text(row, 'SQL Original Statement')
    const { head, end } = unqualifiedTrigger(sql, name(database).slice(1, -1))
    definitions.push({ ...definition('trigger', text(entry, 'n'), `${head}${sql.slice(end)}`, row), table })
  }
  return definitions
}

export async function readRoutines(session: Session, database: string): Promise<Definition[]> {
  const found = await session.rows(
    `SELECT ROUTINE_NAME n, ROUTINE_TYPE t FROM information_schema.ROUTINES WHERE ${isDatabase('ROUTINE_SCHEMA', database)} ORDER BY FIELD(ROUTINE_TYPE, 'PACKAGE', 'PACKAGE BODY', 'FUNCTION', 'PROCEDURE'), ROUTINE_NAME`,
  )
  const definitions: Definition[] = []
  for (const entry of found) {
    const kind = text(entry, 't').toLowerCase() as Kind
    if (!['procedure', 'function', 'package', 'package body'].includes(kind)) continue
    const [row] = await session.rows(`SHOW CREATE ${kind.toUpperCase()} ${name(text(entry, 'n'))}`)
    const column = Object.keys(row ?? {}).find((key) => /^Create /i.test(key)) ?? ''
    definitions.push(definition(kind, text(entry, 'n'), text(row, column), row))
  }
  return definitions
}

/** `lasting`: without those that come to an end and vanish; whether one is still there is a matter of the time. */
export async function readEvents(session: Session, database: string, which: 'all' | 'lasting'): Promise<Definition[]> {
  const lasting =
    which === 'all' ? '' : "AND (ON_COMPLETION = 'PRESERVE' OR (EVENT_TYPE = 'RECURRING' AND ENDS IS NULL))"
  const found = await session.rows(
    `SELECT EVENT_NAME n FROM information_schema.EVENTS WHERE ${isDatabase('EVENT_SCHEMA', database)} ${lasting} ORDER BY EVENT_NAME`,
  )
  const definitions: Definition[] = []
  for (const entry of found) {
    const [row] = await session.rows(`SHOW CREATE EVENT ${name(text(entry, 'n'))}`)
    definitions.push(definition('event', text(entry, 'n'), text(row, 'Create Event'), row))
  }
  return definitions
}

function definition(kind: Kind, object: string, sql: string, row: Row | undefined): Definition {
  const settings = {
    sqlMode: 'sql_mode',
    charset: 'character_set_client',
    collation: 'collation_connection',
    databaseCollation: 'Database Collation',
    timeZone: 'time_zone',
  }
  const found = Object.entries(settings).flatMap(([key, column]) =>
    row?.[column] === undefined || row[column] === null ? [] : [[key, text(row, column)] as const],
  )
  return { kind, name: object, sql, settings: Object.fromEntries(found) }
}
