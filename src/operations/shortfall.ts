import { DbvaultError } from '../errors/dbvault-error.ts'
import type { Location } from './backup-request.ts'

/**
 * What a backup that was kept still lacks of what was asked for: its proof, a place that it did not reach, or both.
 * Undefined when nothing is lacking.
 */
export function shortfall(proof: DbvaultError | undefined, locations: readonly Location[]): DbvaultError | undefined {
  const failed = locations.filter(({ status }) => status === 'failed')
  if (failed.length === 0) return proof
  const reasons = failed.map(({ address, error }) => `not in ${address}: ${error?.message ?? 'unknown'}`)
  const errors = [proof, ...failed.map(({ error }) => error)].filter((error) => error !== undefined)
  return new DbvaultError(
    'SEVERAL_FAILED',
    [
      `The backup is stored in ${locations.length - failed.length} of ${locations.length} places`,
      ...reasons,
      ...(proof ? [proof.message] : []),
    ].join('; '),
    { hints: [...new Set(errors.flatMap(({ hints }) => hints)), 'What is stored can be copied: dbvault copy.'] },
  )
}
