import { randomBytes } from 'node:crypto'
import type { Session } from './session.ts'

/** What a run calls that which it makes on a server, and the pattern of it. */
export const RUN_ID = '[0-9a-f]{16}'

/**
 * Stands for a run for as long as the session lasts, in whichever database: what carries its id and has nobody to stand
 * for it was left by a run that was killed.
 */
export async function holdRunLock(session: Session): Promise<string> {
  const id = randomBytes(8).toString('hex')
  await session.rows('SELECT pg_catalog.pg_advisory_lock($1)', [keyOf(id)])
  return id
}

/** In whichever database of the server it was taken, the lock of a living run shows. */
export async function isRunAlive(session: Session, id: string): Promise<boolean> {
  const { alive } = await session.row<{ alive: boolean }>(
    `SELECT EXISTS (SELECT FROM pg_catalog.pg_locks WHERE locktype = 'advisory' AND objsubid = 1
       AND classid = ((($1::bigint >> 32) & 4294967295)::text)::pg_catalog.oid
       AND objid = (($1::bigint & 4294967295)::text)::pg_catalog.oid) AS alive`,
    [keyOf(id)],
  )
  return alive
}

function keyOf(id: string): string {
  return BigInt.asIntN(64, BigInt(`0x${id}`)).toString()
}
