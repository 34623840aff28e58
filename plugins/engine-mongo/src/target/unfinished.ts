import type { Finding, Host } from 'dbvault'
import type { Collection } from '../archive/collection.ts'
import { isLeftover, isMovedAside } from './temporary-names.ts'

type Named = Pick<Collection, 'name'>

const MOST_NAMES = 5

const WAIT = 'If it is still running: wait for its end.'
const BY_JOURNAL = 'If that restore was killed: the next one with --replace first puts back what it had moved.'
const WAYS_OUT = [
  'If that restore was killed, and has left no journal: look into each of them, and give it its own name back: renameCollection.',
  WAIT,
]

/**
 * What was moved aside and has no journal any more: whose it is nobody can tell. To replace it as well would drop what may be
 * nowhere else.
 * @throws RESTORE_FAILED before anything is made
 */
export function refuseMovedAside(there: readonly Named[], database: string, host: Host): void {
  const aside = there.filter(({ name }) => isMovedAside(name))
  if (aside.length === 0) return
  const where = `The database ${JSON.stringify(database)}`
  throw host.error('RESTORE_FAILED', `${where} holds what another restore has moved aside: ${named(aside)}`, {
    hints: WAYS_OUT,
  })
}

/** A dump would lack, under their own names, collections that were moved aside; what was only made is no more than litter. */
export function leftoverFinding(there: readonly Named[], inSwap: boolean): Finding[] {
  const aside = there.filter(({ name }) => isMovedAside(name))
  if (aside.length > 0) {
    const message = `A restore into this database has not put in place what it had moved aside: ${named(aside)}`
    return [{ severity: 'incomplete', message, fixes: [BY_JOURNAL, ...WAYS_OUT] }]
  }
  if (inSwap) {
    const message = 'A restore into this database has ended, or is, while it puts collections in their places'
    return [{ severity: 'incomplete', message, fixes: [BY_JOURNAL, WAIT] }]
  }
  const made = there.filter(({ name }) => isLeftover(name))
  if (made.length === 0) return []
  const message = `It holds what a restore is making, or had made when it was killed, and that is backed up, too: ${named(made)}`
  return [{ severity: 'warning', message }]
}

function named(collections: readonly Named[]): string {
  const some = collections.slice(0, MOST_NAMES).map(({ name }) => name)
  const more = collections.length - some.length
  return some.join(', ') + (more > 0 ? ` and ${more} more` : '')
}
