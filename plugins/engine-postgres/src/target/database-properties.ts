import type { Host } from 'dbvault'
import type { Entry, TableOfContents } from '../archive/table-of-contents.ts'
import { identifier } from '../server/identifier.ts'
import type { Session } from '../server/session.ts'
import type { Kept } from './missing-roles.ts'

const TOKEN = /'(?:[^']|'')*'|"(?:[^"]|"")*"|[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*|\s+|./gs

/**
 * Gives a database what was set on the dumped one as a whole: ALTER DATABASE … SET, its grants. Its comment is another's.
 * pg_restore knows them only together with the name that the database had.
 */
export async function setDatabaseProperties(
  session: Session,
  contents: TableOfContents,
  database: string,
  kept: Kept,
  host: Host,
): Promise<void> {
  for (const { definition } of contents.entries.filter((entry) => isOfDatabase(entry, kept))) {
    try {
      await session.rows(renamed(definition, contents.database, database))
    } catch (error) {
      host.signal.throwIfAborted()
      const why = error instanceof Error ? error.message : String(error)
      host.report({ kind: 'warning', message: `A setting of the database as a whole was not restored: ${why}` })
    }
  }
}

/** The comment of the dumped database as a statement on another one; undefined when it had none. */
export function commentOn(database: string, { entries, database: dumped }: TableOfContents): string | undefined {
  const comment = entries.find(({ kind, name }) => kind === 'COMMENT' && name.startsWith('DATABASE '))
  return comment && renamed(comment.definition, dumped, database)
}

function isOfDatabase({ kind, name }: Entry, { privileges }: Kept): boolean {
  if (kind === 'DATABASE PROPERTIES') return true
  const about = kind === 'SECURITY LABEL' || (kind === 'ACL' && privileges)
  return about && name.startsWith('DATABASE ')
}

/** The statements with another name after each word DATABASE; never within a text. */
export function renamed(statements: string, from: string, to: string): string {
  const tokens = statements.match(TOKEN) ?? []
  return tokens
    .map((token, place) => (tokens[place - 2] === 'DATABASE' && nameIn(token) === from ? identifier(to) : token))
    .join('')
}

function nameIn(token: string): string {
  return token.startsWith('"') ? token.slice(1, -1).replaceAll('""', '"') : token
}
