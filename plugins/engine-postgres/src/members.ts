import type { ErrorCode, Host, Stored } from 'dbvault'
import { archiveFormat, contentsFormat, sqlFormat } from './descriptor.ts'

/** The members of one backup. */
export interface Members {
  /** An archive of pg_dump, or the same as SQL. */
  readonly main: Stored
  readonly isSql: boolean
  /** Of SQL: an archive of what there is without any rows, which says what SQL would say only while it is run. */
  readonly contents?: Stored
  readonly others: readonly Stored[]
}

/** @throws `code` when these are not the members of such a backup */
export function membersOf(stored: readonly Stored[], host: Host, code: ErrorCode): Members {
  const [main, ...others] = stored
  if (main?.name === 'main' && main.format.id === archiveFormat.id) return { main, isSql: false, others }
  const contents = others.find(({ format }) => format.id === contentsFormat.id)
  if (main?.name === 'main' && main.format.id === sqlFormat.id && contents !== undefined) {
    return { main, isSql: true, contents, others: others.filter((other) => other !== contents) }
  }
  throw host.error(code, 'These are not the members of a PostgreSQL backup: the first is not what pg_dump writes')
}
