import { name } from '../server/quote.ts'
import type { Session } from '../server/session.ts'

/** What one line of SHOW GRANTS gives, or takes back of what is given for all databases. */
export interface Grant {
  readonly kind: 'grant' | 'revoke'
  /** Upper case; `ALL PRIVILEGES` as such. Rights on single columns are left out. */
  readonly rights: readonly string[]
  /** A pattern with `%` and `_` for databases, `*` for all. */
  readonly database: string
  /** Whether `%` and `_` stand for themselves. */
  readonly exact: boolean
  readonly object: string
  /** The user or role. */
  readonly to: string
}

/** The rights of the session's user and of the roles that are in force. */
export async function readGrants(session: Session): Promise<Grant[]> {
  const role = await session.value('SELECT CURRENT_ROLE()').catch(() => null)
  // Where rights can be taken back for one database, no name is a pattern. Only MySQL has it, since 8.0.16.
  const exact = Number(await session.value('SELECT @@partial_revokes').catch(() => 0)) === 1
  const lines = await session.rows('SHOW GRANTS')
  const ofRoles = role === null || role === 'NONE' ? [] : await rolesOf(session, String(role))
  return [...lines, ...ofRoles].flatMap((row) => {
    const grant = parseGrant(String(Object.values(row)[0]), exact)
    return grant ? [grant] : []
  })
}

/** MariaDB's SHOW GRANTS lists those of the role too; MySQL's only when the roles are named. */
async function rolesOf(session: Session, roles: string): Promise<Awaited<ReturnType<Session['rows']>>> {
  return await session.rows(`SHOW GRANTS FOR CURRENT_USER() USING ${roles}`).catch(() => [])
}

const NAMED = '(\\*|`(?:[^`]|``)*`|"[^"]*"|[\\w$%\\\\]+)'
const LINE = new RegExp(
  `^(GRANT|REVOKE) (.*?) ON (?:(?:TABLE|FUNCTION|PROCEDURE|PACKAGE) )?${NAMED}\\.${NAMED} (?:TO|FROM) (\\S+)`,
)

/** `` GRANT SELECT, SHOW VIEW ON `shop`.* TO `me`@`%` ``; undefined for a granted role. */
export function parseGrant(line: string, exact = false): Grant | undefined {
  const [, verb, list = '', database = '', object = '', to = ''] = LINE.exec(line) ?? []
  if (verb === undefined) return undefined
  const rights = list.replace(/\([^)]*\)/g, '(columns)').split(/,\s*/)
  return {
    kind: verb === 'GRANT' ? 'grant' : 'revoke',
    rights: rights.filter((right) => !right.endsWith('(columns)')).map((right) => right.trim().toUpperCase()),
    database: bare(database),
    exact,
    object: bare(object),
    to,
  }
}

/**
 * Whether the grants give a right on all of a database, or on the one object. Of the patterns that fit a database the
 * server heeds one for each user or role: that with the longest beginning without a wildcard.
 * @see https://dev.mysql.com/doc/refman/en/grant.html
 */
export function grants(all: readonly Grant[], right: string, database: string, object = '*'): boolean {
  const holds = ({ rights }: Grant): boolean => [right, 'ALL PRIVILEGES', 'ALL'].some((one) => rights.includes(one))
  const takenBack = all.some((one) => one.kind === 'revoke' && one.database === database && holds(one))
  const given = all.filter(({ kind }) => kind === 'grant')
  const onAll = given.filter((one) => one.database === '*' && one.object === '*')
  if (!takenBack && onAll.some(holds)) return true
  const fitting = given.filter((one) => one.database !== '*' && covers(one, database))
  if (fitting.some((one) => one.object === object && object !== '*' && holds(one))) return true
  const ofDatabase = Map.groupBy(
    fitting.filter((one) => one.object === '*'),
    ({ to }) => to,
  )
  return [...ofDatabase.values()].some((own) => {
    const most = Math.max(...own.map(plainLength))
    return own.some((one) => plainLength(one) === most && holds(one))
  })
}

/** A database, or the databases of which a pattern is the name, as a GRANT to the same user takes it: `` `shop\_1`.* ``. */
export function grantedOn(all: readonly Grant[], pattern: string): string {
  if (!all.some(({ exact }) => exact)) return `${name(pattern)}.*`
  return pattern.replace(/\\[_%]/g, '').search(/[_%]/) < 0 ? `${name(pattern.replace(/\\([_%])/g, '$1'))}.*` : '*.*'
}

/** As a pattern that only this name fits. */
export function asPattern(database: string): string {
  return database.replace(/[_%]/g, '\\$&')
}

/** How much of a pattern stands before its first wildcard. */
function plainLength({ database, exact }: Grant): number {
  const wild = exact ? -1 : database.replace(/\\[_%]/g, '..').search(/[_%]/)
  return wild < 0 ? Infinity : wild
}

function covers({ database: pattern, exact }: Grant, database: string): boolean {
  if (exact) return pattern === database
  const source = pattern.replace(
    /\\([_%])|([_%])|([.*+?^${}()|[\]\\])/g,
    (_, literal?: string, wild?: string, special?: string) =>
      literal !== undefined ? literal : wild === '%' ? '.*' : wild === '_' ? '.' : `\\${special}`,
  )
  return new RegExp(`^${source}$`, 's').test(database)
}

function bare(text: string): string {
  return /^[`"]/.test(text) ? text.slice(1, -1).replaceAll('``', '`') : text
}
