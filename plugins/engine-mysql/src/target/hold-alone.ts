import type { Host } from 'dbvault'
import { createHash } from 'node:crypto'
import { holdsLock, takeLock } from '../server/named-lock.ts'
import { shown } from '../server/quote.ts'
import type { Session } from '../server/session.ts'

/**
 * Takes the target for this restore alone, for as long as the session lives. Two swaps at once would each move away what
 * the other has brought. What is returned asks whether that still holds.
 * @throws LOCKED, also what is returned
 */
export async function holdAlone(session: Session, target: string, host: Host): Promise<() => Promise<void>> {
  const lock = `dbvault_target_${createHash('sha256').update(target).digest('hex').slice(0, 40)}`
  const taken = (): Error =>
    host.error('LOCKED', `Another run is restoring into ${shown(target)}`, {
      hints: ['Let it come to its end, or end it, and try again.'],
    })
  if (!(await takeLock(session, lock))) throw taken()
  return async () => {
    if (!(await holdsLock(session, lock))) throw taken()
  }
}
