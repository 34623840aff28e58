import { compareVersions, type Facts } from '../server/facts.ts'
import { isDatabase } from '../server/quote.ts'
import type { Session } from '../server/session.ts'
import { grantedOn, grants, readGrants } from './grants.ts'
import { quotedUser } from './quoted-user.ts'

export interface Hindrance {
  readonly why: string
  readonly fixes: readonly string[]
}

/** Where objects would be made. */
export interface Place {
  /** Of a database there. */
  readonly name: string
  /** What fits that name, for a GRANT. */
  readonly pattern: string
  /** For people. */
  readonly shown: string
  /** What is needed there beside the rights to make objects. */
  readonly rights: readonly string[]
}

/** Why this user could not make there what a database holds beside tables; undefined where it can. */
export async function whyNotMade(
  session: Session,
  database: string,
  place: Place,
  facts: Facts,
): Promise<Hindrance | undefined> {
  const held = await readGrants(session)
  const user = await quotedUser(session)
  const may = (...rights: readonly string[]): boolean => rights.some((right) => grants(held, right, '*'))
  const holds = await contentsOf(session, database)
  const missing = [...place.rights, ...needed(holds)].filter((right) => !grants(held, right, place.name))
  if (missing.length > 0) {
    const fixes = [`GRANT ${missing.join(', ')} ON ${grantedOn(held, place.pattern)} TO ${user};`]
    return { why: `this user lacks ${missing.join(', ')} on ${place.shown}`, fixes }
  }
  const define = rightsToDefine(facts, holds.definers).filter((right) => !may('SUPER', right))
  if (define.length > 0) {
    return {
      why: 'this user may not make objects that others have defined, which it holds',
      fixes: [`GRANT ${define.join(', ')} ON *.* TO ${user};`],
    }
  }
  const trusted = !facts.binaryLog || Number(await session.value('SELECT @@log_bin_trust_function_creators')) === 1
  if (!trusted && holds.triggers + holds.functions > 0 && !may('SUPER')) {
    return {
      why: 'a binary log is written, and so this user may not make triggers and functions, which it holds',
      fixes: ['SET GLOBAL log_bin_trust_function_creators = 1;'],
    }
  }
  return undefined
}

/** To make what these users have defined. */
function rightsToDefine({ vendor, version }: Facts, definers: readonly string[]): string[] {
  if (definers.length === 0) return []
  if (vendor === 'MariaDB') return ['SET USER']
  const administrators = definers.some((definer) => definer.startsWith('root@')) ? ['SYSTEM_USER'] : []
  if (compareVersions(version, '8.2.0') < 0) return ['SET_USER_ID', ...administrators]
  return ['SET_ANY_DEFINER', 'ALLOW_NONEXISTENT_DEFINER', ...administrators]
}

interface Contents {
  readonly views: number
  readonly triggers: number
  readonly routines: number
  readonly functions: number
  readonly events: number
  /** Other users than this one who have defined views, triggers, routines and events. */
  readonly definers: readonly string[]
}

async function contentsOf(session: Session, database: string): Promise<Contents> {
  const count = (table: string, column: string, more = ''): string =>
    `(SELECT COUNT(*) FROM information_schema.${table} WHERE ${isDatabase(column, database)} ${more})`
  const [row] =
    await session.rows(`SELECT ${count('VIEWS', 'TABLE_SCHEMA')} v, ${count('TRIGGERS', 'TRIGGER_SCHEMA')} t,
    ${count('ROUTINES', 'ROUTINE_SCHEMA')} r, ${count('ROUTINES', 'ROUTINE_SCHEMA', "AND ROUTINE_TYPE = 'FUNCTION'")} f,
    ${count('EVENTS', 'EVENT_SCHEMA')} e`)
  const definers = await session.rows(
    `SELECT DISTINCT d FROM (SELECT DEFINER d FROM information_schema.VIEWS WHERE ${isDatabase('TABLE_SCHEMA', database)}
      UNION SELECT DEFINER FROM information_schema.TRIGGERS WHERE ${isDatabase('TRIGGER_SCHEMA', database)}
      UNION SELECT DEFINER FROM information_schema.ROUTINES WHERE ${isDatabase('ROUTINE_SCHEMA', database)}
      UNION SELECT DEFINER FROM information_schema.EVENTS WHERE ${isDatabase('EVENT_SCHEMA', database)}) definers WHERE d <> CURRENT_USER()`,
  )
  const number = (column: string): number => Number(row?.[column])
  return {
    views: number('v'),
    triggers: number('t'),
    routines: number('r'),
    functions: number('f'),
    events: number('e'),
    definers: definers.map((row) => String(row['d'])),
  }
}

function needed({ views, triggers, routines, events }: Contents): string[] {
  return [
    ...(views > 0 ? ['CREATE VIEW', 'SHOW VIEW'] : []),
    ...(triggers > 0 ? ['TRIGGER'] : []),
    ...(routines > 0 ? ['CREATE ROUTINE', 'ALTER ROUTINE'] : []),
    ...(events > 0 ? ['EVENT'] : []),
  ]
}
