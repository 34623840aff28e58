import type { Finding, Host } from 'dbvault'
import type { Collection } from '../archive/collection.ts'
import { isLeftover } from './temporary-names.ts'

type Named = Pick<Collection, 'name'>

const MOST_NAMES = 5

/**
 * A restore that was killed while it replaced collections has left some under names of its own. To replace those as well
 * would drop what it had moved aside, which may be nowhere else.
 * @throws RESTORE_FAILED before anything is made
 */
export function refuseUnfinished(there: readonly Named[], database: string, host: Host): void {
  const left = there.filter(({ name }) => isLeftover(name))
  if (left.length === 0) return
  throw host.error(
    'RESTORE_FAILED',
    `The database ${JSON.stringify(database)} holds what another restore is at, or was when it was killed: ${named(left)}`,
    { hints: ['If that restore is still running, wait for its end.', ...WAYS_OUT] },
  )
}

/** A dump of such a database would lack, under their own names, the collections that were moved aside. */
export function unfinishedFinding(there: readonly Named[]): Finding[] {
  const left = there.filter(({ name }) => isLeftover(name))
  if (left.length === 0) return []
  const message = `A restore is replacing this database, or was killed as it did: it holds ${named(left)}`
  return [{ severity: 'incomplete', message, fixes: WAYS_OUT }]
}

const WAYS_OUT = [
  'If it was killed: what begins with dbvault_old_ was moved aside to make room. Look into it, and give it its own name back: renameCollection.',
  'What begins with dbvault_new_ is a copy of the backup that was restored, and can be dropped.',
]

function named(left: readonly Named[]): string {
  const some = left.slice(0, MOST_NAMES).map(({ name }) => name)
  return some.join(', ') + (left.length > MOST_NAMES ? ` and ${left.length - MOST_NAMES} more` : '')
}
