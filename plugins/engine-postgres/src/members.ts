import type { ErrorCode, Host, Stored } from 'dbvault'
import { archiveFormat } from './descriptor.ts'

/** The archive of a backup, and what is beside it. @throws `code` when these are not the members of such a backup */
export function membersOf(
  stored: readonly Stored[],
  host: Host,
  code: ErrorCode,
): { readonly archive: Stored; readonly others: readonly Stored[] } {
  const [archive, ...others] = stored
  if (archive?.name !== 'main' || archive.format.id !== archiveFormat.id) {
    throw host.error(code, 'These are not the members of a PostgreSQL backup: the first is not an archive of pg_dump')
  }
  return { archive, others }
}
