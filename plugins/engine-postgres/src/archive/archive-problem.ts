import type { ErrorCode, Host } from 'dbvault'
import { ArchiveError } from './archive-error.ts'

/** The core's error for bytes that are not a whole archive; any other error is kept. */
export function archiveProblem(host: Host, code: ErrorCode, error: unknown): unknown {
  if (!(error instanceof ArchiveError)) return error
  return host.error(code, `This is not a whole archive of pg_dump: ${error.message}`, { cause: error })
}
