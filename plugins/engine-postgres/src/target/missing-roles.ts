import type { TableOfContents } from '../archive/table-of-contents.ts'
import type { Session } from '../server/session.ts'

export interface Kept {
  readonly owners: boolean
  readonly privileges: boolean
}

const GRANTEE = /\b(?:TO|FROM|FOR ROLE) ("(?:[^"]|"")+"|[a-z_][\w$]*)/g
const PUBLIC = 'public'

/** Roles that an archive names and the server does not have. */
export async function missingRoles({ entries }: TableOfContents, kept: Kept, session: Session): Promise<string[]> {
  const named = new Set<string>()
  for (const { kind, owner, definition } of entries) {
    if (kept.owners && owner !== '') named.add(owner)
    if (!kept.privileges || (kind !== 'ACL' && kind !== 'DEFAULT ACL')) continue
    for (const [, name = ''] of definition.matchAll(GRANTEE)) named.add(unquoted(name))
  }
  named.delete(PUBLIC)
  named.delete('PUBLIC')
  const rows = await session.rows<{ name: string }>(
    `SELECT wanted.name FROM pg_catalog.unnest($1::text[]) AS wanted(name)
     WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = wanted.name) ORDER BY 1`,
    [[...named]],
  )
  return rows.map(({ name }) => name)
}

/** Roles that own what is restored, and that the user is no member of: only a superuser can give to any role. */
export async function foreignOwners(
  { entries }: TableOfContents,
  session: Session,
): Promise<{ name: string; superuser: boolean }[]> {
  const owners = new Set(entries.filter(({ kind }) => kind !== 'DATABASE').map(({ owner }) => owner))
  owners.delete('')
  return await session.rows<{ name: string; superuser: boolean }>(
    `SELECT r.rolname::text AS name, r.rolsuper AS superuser FROM pg_catalog.pg_roles r WHERE r.rolname = ANY ($1::text[])
       AND NOT pg_catalog.pg_has_role(current_user, r.oid, 'MEMBER') ORDER BY 1`,
    [[...owners]],
  )
}

function unquoted(name: string): string {
  return name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name
}
