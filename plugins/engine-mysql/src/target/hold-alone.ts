import type { Host } from 'dbvault'
import { createHash } from 'node:crypto'
import { literal, shown } from '../server/quote.ts'
import type { Session } from '../server/session.ts'

/**
 * Takes the target for this restore alone, for as long as the session lives. Two swaps at once would each move away what
 * the other has brought.
 * @throws LOCKED
 */
export async function holdAlone(session: Session, target: string, host: Host): Promise<void> {
  const lock = `dbvault_target_${createHash('sha256').update(target).digest('hex').slice(0, 40)}`
  if (Number(await session.value(`SELECT GET_LOCK(${literal(lock)}, 0)`)) === 1) return
  throw host.error('LOCKED', `Another run is restoring into ${shown(target)}`, {
    hints: ['Let it come to its end, or end it, and try again.'],
  })
}
