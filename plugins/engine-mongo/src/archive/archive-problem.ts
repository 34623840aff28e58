import type { ErrorCode, Host } from 'dbvault'
import { BsonError } from '../bson/bson-error.ts'
import { ArchiveError } from './archive-error.ts'

/** The core's error for bytes that are not a whole archive; any other error is kept. */
export function archiveProblem(host: Host, code: ErrorCode, error: unknown): unknown {
  if (!(error instanceof ArchiveError || error instanceof BsonError)) return error
  return host.error(code, `This is not a whole archive of a MongoDB database: ${error.message}`, { cause: error })
}
