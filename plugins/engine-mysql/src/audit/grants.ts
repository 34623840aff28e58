import type { Session } from '../server/session.ts'

/** What one GRANT line gives, to whom is known. */
export interface Grant {
  /** Upper case; `ALL PRIVILEGES` as such. Rights on single columns are left out. */
  readonly rights: readonly string[]
  /** A pattern with `%` and `_` for databases, `*` for all. */
  readonly database: string
  readonly object: string
}

/** The rights of the session's user and of the roles that are in force. */
export async function readGrants(session: Session): Promise<Grant[]> {
  const role = await session.value('SELECT CURRENT_ROLE()').catch(() => null)
  const lines = await session.rows('SHOW GRANTS')
  const ofRoles = role === null || role === 'NONE' ? [] : await rolesOf(session, String(role))
  return [...lines, ...ofRoles].flatMap((row) => {
    const grant = parseGrant(String(Object.values(row)[0]))
    return grant ? [grant] : []
  })
}

/** MariaDB's SHOW GRANTS lists those of the role too; MySQL's only when the roles are named. */
async function rolesOf(session: Session, roles: string): Promise<Awaited<ReturnType<Session['rows']>>> {
  return await session.rows(`SHOW GRANTS FOR CURRENT_USER() USING ${roles}`).catch(() => [])
}

/** `` GRANT SELECT, SHOW VIEW ON `shop`.* TO `me`@`%` ``; undefined for a granted role. */
export function parseGrant(line: string): Grant | undefined {
  const name = '(\\*|`(?:[^`]|``)*`|"[^"]*"|[\\w$%\\\\]+)'
  const match = new RegExp(`^GRANT (.*?) ON (?:(?:TABLE|FUNCTION|PROCEDURE|PACKAGE) )?${name}\\.${name} TO `).exec(line)
  if (!match) return undefined
  const rights = (match[1] ?? '').replace(/\([^)]*\)/g, '(columns)').split(/,\s*/)
  return {
    rights: rights.filter((right) => !right.endsWith('(columns)')).map((right) => right.trim().toUpperCase()),
    database: bare(match[2] ?? ''),
    object: bare(match[3] ?? ''),
  }
}

/** Whether the grants give a right on all of a database, or on the one object. */
export function grants(all: readonly Grant[], right: string, database: string, object = '*'): boolean {
  return all.some(
    (grant) =>
      (grant.rights.includes(right) || grant.rights.includes('ALL PRIVILEGES') || grant.rights.includes('ALL')) &&
      (grant.database === '*' || covers(grant.database, database)) &&
      (grant.object === '*' || grant.object === object),
  )
}

function covers(pattern: string, database: string): boolean {
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
