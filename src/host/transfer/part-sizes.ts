import type { PartLimits } from '../../contract/transfer.ts'
import { DbvaultError } from '../../errors/dbvault-error.ts'

/** So many times the first size is beyond any place's largest part. */
const MOST_DOUBLINGS = 40

/**
 * The size of each part by its number, from 1 on, for a body of unknown length: small for as long as possible, since small
 * parts wait in memory and cost little to send again, and doubled as often as it takes to reach the largest object.
 */
export function partSizes(limits: PartLimits): (number: number) => number {
  const { firstBytes, maxParts, maxPartBytes, maxBytes } = limits
  if (maxParts === Number.POSITIVE_INFINITY) return () => firstBytes
  for (let sizes = 1; sizes <= MOST_DOUBLINGS; sizes++) {
    const ofEach = Math.floor(maxParts / sizes)
    const largest = firstBytes * 2 ** (sizes - 1)
    if (largest > maxPartBytes) break
    if (ofEach * (largest * 2 - firstBytes) < maxBytes) continue
    return (number) => firstBytes * 2 ** Math.min(Math.floor((number - 1) / ofEach), sizes - 1)
  }
  throw new DbvaultError('INTERNAL', `No plan of parts reaches ${maxBytes} bytes: ${JSON.stringify(limits)}`)
}
