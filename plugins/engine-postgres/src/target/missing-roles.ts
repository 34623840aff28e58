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

function unquoted(name: string): string {
  return name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name
}
