import type { Host } from 'dbvault'
import { isRunAlive, RUN_ID } from '../server/run-lock.ts'
import type { Session } from '../server/session.ts'
import { dropDatabase } from './drop-database.ts'

/** Names begin so, and nobody else's do. */
export const SCRATCH = 'dbvault_scratch_'
/** What is restored into has the name of its target, this, and the id of the run; and {@link MARK}. */
export const BESIDE = '_dbvault_'
/** The comment on a database that is restored into, until it gets the name of its target. */
export const MARK = 'Made by dbvault to restore into; it gets another name when that is done'

/** Removes the databases that killed runs have left on a server. Those of living runs stay. @throws nothing */
export async function sweep(session: Session, host: Host): Promise<void> {
  const left = await session
    .rows<{ name: string }>(
      `SELECT d.datname AS name FROM pg_catalog.pg_database d
       WHERE (d.datname ~ $1 OR d.datname ~ $2 AND pg_catalog.shobj_description(d.oid, 'pg_database') = $3)
         AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_activity a WHERE a.datid = d.oid)`,
      [`^${SCRATCH}${RUN_ID}$`, `${BESIDE}${RUN_ID}$`, MARK],
    )
    .catch(() => [])
  for (const { name } of left) {
    try {
      if (await isRunAlive(session, name.slice(-16))) continue
      await dropDatabase(session.server, name, host)
      host.report({
        kind: 'warning',
        message: `Removed the database ${JSON.stringify(name)}, which a killed run had left`,
      })
    } catch {
      // It belongs to another user, is a template, or somebody has just connected to it. The next run tries again.
    }
    host.signal.throwIfAborted()
  }
}
