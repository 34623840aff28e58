import type { BackupResult } from '../operations/backup-request.ts'
import { counts, duration, size } from './units.ts'

const PROVEN = {
  equal: 'proven by a restore',
  checked: 'checked, not restored',
  unfinished: 'NOT PROVEN: the proof could not be finished',
  'not asked': 'not proven (--prove none)',
} as const

/** One backup in one line: `shop → file:///backups/sqlite/shop-….db.gz.enc (5.2 MB, proven by a restore: 12 tables, 1.2 s)`. */
export function backupLine(result: BackupResult): string {
  if (result.status === 'failed' || !result.artifact) return `${result.database} → failed`
  const stored = result.locations.filter(({ status }) => status === 'stored').map(({ address }) => address)
  const { proof } = result
  const compared = proof?.compared && Object.keys(proof.compared).length > 0 ? `: ${counts(proof.compared)}` : ''
  const facts = [
    size(result.artifact.bytes),
    ...(proof ? [PROVEN[proof.outcome] + compared] : []),
    duration(result.timings.total),
  ]
  return `${result.database} → ${stored.join(', ')} (${facts.join(', ')})`
}
