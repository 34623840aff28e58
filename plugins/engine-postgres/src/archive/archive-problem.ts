import type { ErrorCode, Host } from 'dbvault'
import { SqlError } from '../sql/sql-error.ts'
import { ArchiveError } from './archive-error.ts'

/** The core's error for bytes that are not a whole dump; any other error is kept. */
export function archiveProblem(host: Host, code: ErrorCode, error: unknown): unknown {
  const what = error instanceof ArchiveError ? 'archive of' : error instanceof SqlError ? 'SQL dump by' : undefined
  if (what === undefined) return error
  return host.error(code, `This is not a whole ${what} pg_dump: ${(error as Error).message}`, { cause: error })
}
