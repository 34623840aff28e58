import { literal } from './quote.ts'
import type { Session } from './session.ts'

/** Takes a lock of the server's by name, for as long as the session lives. False while another session has it. */
export async function takeLock(session: Session, lock: string): Promise<boolean> {
  return Number(await session.value(`SELECT GET_LOCK(${literal(lock)}, 0)`)) === 1
}

/** A session that has ended on the server's side holds nothing any more. */
export async function holdsLock(session: Session, lock: string): Promise<boolean> {
  return Number(await session.value(`SELECT IS_USED_LOCK(${literal(lock)}) = CONNECTION_ID()`)) === 1
}

export async function releaseLock(session: Session, lock: string): Promise<void> {
  await session.value(`SELECT RELEASE_LOCK(${literal(lock)})`)
}
