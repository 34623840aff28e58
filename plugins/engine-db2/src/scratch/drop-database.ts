import type { Host } from 'dbvault'
import { setTimeout as delay } from 'node:timers/promises'
import { clpError, messageOf } from '../clp/clp-error.ts'
import { runClp, type Session } from '../clp/run-clp.ts'
import { hasFailed } from '../clp/transcript.ts'

const WITHIN_MS = 120_000
const TRIES = 10
const BETWEEN_MS = 1_000

/**
 * Drops a database that this run made, also when the run was stopped. The server may still be about to notice that a
 * program that was killed is gone, and holds the database until it does.
 * @throws nothing: that it could not be dropped is a warning
 */
export async function dropDatabase(database: string, session: Session, host: Host): Promise<void> {
  const calm: Session = { ...session, cleanup: { withinMs: WITHIN_MS } }
  for (let attempt = 1; ; attempt++) {
    const why = await drop(database, calm, host)
    if (why === undefined) return
    if (messageOf(why) !== 'SQL1035N' || attempt === TRIES) {
      host.report({
        kind: 'warning',
        message: `The database ${database} that this run made could not be dropped: ${why.message}. Drop it: db2 drop database ${database}`,
      })
      return
    }
    await delay(BETWEEN_MS)
  }
}

async function drop(database: string, session: Session, host: Host): Promise<Error | undefined> {
  try {
    const transcript = await runClp([`DROP DATABASE ${database}`], session, host)
    if (!hasFailed(transcript) || transcript.messages.some(({ id }) => id === 'SQL1013N')) return undefined
    return clpError(host, transcript, 'It was not dropped', 'INTERNAL')
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}
