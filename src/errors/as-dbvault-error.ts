import { DbvaultError } from './dbvault-error.ts'
import { oneLine } from './one-line.ts'

/**
 * The error to show for whatever was thrown. After an abort that is the abort's own reason, since everything else is
 * its echo; a foreign error is a bug and says so.
 */
export function asDbvaultError(error: unknown, signal?: AbortSignal): DbvaultError {
  if (signal?.aborted && DbvaultError.is(signal.reason)) return signal.reason
  if (DbvaultError.is(error)) return error
  return new DbvaultError(
    'INTERNAL',
    `Something in dbvault or a plugin failed in a way that it should not: ${oneLine(error)}`,
    {
      cause: error,
      hints: ['Run it again with DEBUG=dbvault and report what it prints.'],
    },
  )
}
