import type { Host } from 'dbvault'
import { messageOf } from '../clp/clp-error.ts'

/** What a message means of a source it may not mean of a target: then it is a restore that failed. */
export function restoreError(host: Host, error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error) || !('hints' in error)) return error
  if (messageOf(error) === 'SQL1035N') {
    return host.error('RESTORE_FAILED', error.message, {
      hints: ['End what is connected to the database: db2 list applications, db2 force application …'],
      retryable: true,
      cause: error,
    })
  }
  const ofDatabase = ['DUMP_FAILED', 'DUMP_INCOMPLETE', 'SOURCE_NOT_FOUND', 'PROOF_UNFINISHED']
  if (!ofDatabase.includes(String(error.code))) return error
  return host.error('RESTORE_FAILED', error.message, {
    hints: error.hints as string[],
    cause: error,
  })
}
