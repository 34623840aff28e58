import type { Host } from 'dbvault'
import type { Facts } from '../server/facts.ts'
import { name, shown } from '../server/quote.ts'
import { releaseLock, takeLock } from '../server/named-lock.ts'
import { isServerError } from '../server/server-error.ts'
import type { Session } from '../server/session.ts'
import { takeSignAway } from '../target/sign.ts'
import { dropKept, journalIds, keptName, readJournal } from '../target/journal.ts'

/** The names of databases that only we make, and may drop when their maker is gone. */
export const SCRATCH_NAME = /^dbvault_(scratch|restore)_[0-9a-f]{12}$/

/**
 * Drops what killed runs have left; a run that lives holds the lock of that name. What the target of a restore had before
 * is dropped only where that restore came to its end. Whoever may not drop something leaves it to others.
 */
export async function sweep(session: Session, { binaryLog }: Facts, host: Host): Promise<void> {
  const rows = await session.rows(
    "SELECT SCHEMA_NAME n FROM information_schema.SCHEMATA WHERE SCHEMA_NAME LIKE 'dbvault%'",
  )
  for (const row of rows) {
    const database = String(row['n'])
    const kind = SCRATCH_NAME.exec(database)?.[1]
    if (kind === undefined) continue
    await ifDead(session, database, async () => {
      // A scratch database never went to the binary log; what a restore makes did.
      const silent = binaryLog && kind === 'scratch' && (await tried(session, 'SET SESSION sql_log_bin = 0'))
      try {
        await session.run(`DROP DATABASE IF EXISTS ${name(database)}`)
      } finally {
        if (silent) await session.run('SET SESSION sql_log_bin = 1')
      }
      host.report({ kind: 'warning', message: `Removed ${database}, which a run that was killed had left` })
    })
  }
  for (const id of await journalIds(session)) {
    await ifDead(session, `dbvault_restore_${id}`, async () => {
      // Only now: its run may have come to its end while its lock was waited for.
      const journal = await readJournal(session, id)
      if (journal?.done) await takeSignAway(session, journal.target, id)
      if (journal === undefined || journal.done) await dropKept(session, id)
      else {
        const message = `A restore into ${shown(journal.target)} was killed before its end, and what it had before is in ${keptName(id)}: restore into it again with --replace, which first makes it what it was`
        host.report({ kind: 'warning', message })
      }
    })
  }
}

async function ifDead(session: Session, lock: string, act: () => Promise<void>): Promise<void> {
  if (!(await takeLock(session, lock))) return
  try {
    await act()
  } catch (error) {
    if (!isServerError(error)) throw error
  } finally {
    await releaseLock(session, lock)
  }
}

async function tried(session: Session, sql: string): Promise<boolean> {
  try {
    await session.run(sql)
    return true
  } catch (error) {
    if (!isServerError(error)) throw error
    return false
  }
}
