import { checkIntegrity } from './check-integrity.ts'
import { describeFailure } from './job-failure.ts'
import type { Examination, Jobs } from './jobs.ts'
import { openScratch } from './open-database.ts'
import { readFingerprint } from './read-fingerprint.ts'
import { isDamage } from './result-code.ts'

/**
 * Reads all of a file that nobody else has: its rows, then its structure. One after the other: a second thread would
 * cost as much memory as the rest of a proof.
 */
export function examineFile({ path }: Jobs['examine']['input']): Examination {
  using db = openScratch(path)
  try {
    const fingerprint = readFingerprint(db)
    return { fingerprint, damage: checkIntegrity(db, 'integrity_check') }
  } catch (error) {
    if (!isDamage(error)) throw error
    const { message, table } = describeFailure(error)
    const where = table === undefined ? '' : ` in table ${JSON.stringify(table)}`
    return { fingerprint: undefined, damage: [message + where] }
  }
}
