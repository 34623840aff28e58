import type { ErrorCode, Host } from 'dbvault'
import { RdbError } from './rdb/rdb-error.ts'

/** The core's error, with `code`, for what is wrong with an RDB file. Any other error is kept. */
export function rdbProblem(host: Host, code: ErrorCode, what: string, error: unknown): unknown {
  if (!(error instanceof RdbError)) return error
  if (error.kind === 'damaged') {
    return host.error(code, `${what} is no whole RDB file: ${error.message}`, {
      cause: error,
      retryable: code === 'DUMP_INCOMPLETE',
    })
  }
  return host.error(
    code === 'DUMP_INCOMPLETE' ? 'DUMP_FAILED' : code,
    `${what} holds what this version cannot read: ${error.message}`,
    {
      hints: ['Nothing is left out in silence. Update @dbvault/engine-redis, or remove what it names from the source.'],
      cause: error,
    },
  )
}
