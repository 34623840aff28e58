import type { VerifyResult } from '../operations/verify.ts'
import { counts, duration } from './units.ts'

/** One verified backup in a line, and below it what could not be checked. */
export function verifyLine(result: VerifyResult): string {
  const { id, status, proof, error, unchecked } = result
  const facts = proof ? `: ${counts(proof.compared)} (${duration(proof.seconds)})` : error ? `: ${error.message}` : ''
  return [`${id} ${status}${facts}`, ...unchecked.map((text) => `  Not checked: ${text}`)].join('\n')
}
