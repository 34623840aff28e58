import type { Host } from 'dbvault'
import type { RedisFingerprint } from '../fingerprint/fingerprint.ts'
import type { Which } from '../server/place.ts'

export interface Pair {
  /** In the backup. */
  readonly from: number
  /** In the target. */
  readonly to: number
}

/** Which database of a backup goes where. @throws USAGE when that is not clear */
export function pairsOf(
  { databases }: RedisFingerprint,
  which: Which,
  chosen: number | undefined,
  host: Host,
): readonly Pair[] {
  const there = Object.keys(databases).map(Number)
  if (which === 'all') {
    if (chosen === undefined) return there.map((database) => ({ from: database, to: database }))
    throw host.error('USAGE', '--redis-from-database needs one database to restore into: --database N')
  }
  if (chosen !== undefined) {
    if (there.includes(chosen)) return [{ from: chosen, to: which }]
    throw host.error('USAGE', `The backup has nothing in the logical database ${chosen}; it has ${listed(there)}`)
  }
  const [only, ...more] = there
  if (more.length > 0) {
    throw host.error(
      'USAGE',
      `The backup has more than one logical database (${listed(there)}), and the target is one`,
      {
        hints: ['Choose: --redis-from-database N. Or restore all of them: --database all'],
      },
    )
  }
  return only === undefined ? [] : [{ from: only, to: which }]
}

function listed(databases: readonly number[]): string {
  return databases.length === 0 ? 'none' : databases.join(', ')
}
