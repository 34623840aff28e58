import { quotedUser } from '../audit/quoted-user.ts'
import { whyNotMade, type Hindrance } from '../audit/why-not-made.ts'
import type { Facts } from '../server/facts.ts'
import { isServerError } from '../server/server-error.ts'
import type { Session } from '../server/session.ts'

const SCRATCH = {
  name: 'dbvault_scratch_000000000000',
  pattern: 'dbvault\\_scratch\\_%',
  shown: 'databases named dbvault_scratch_…',
  rights: ['SELECT', 'INSERT', 'CREATE', 'DROP', 'ALTER', 'INDEX', 'REFERENCES', 'LOCK TABLES'],
}

/** Why a copy of this database cannot be restored beside it by this user; undefined where it can. */
export async function whyNotOnSource(session: Session, database: string, facts: Facts): Promise<Hindrance | undefined> {
  if (facts.readOnly) return { why: 'nothing can be written: it is a replica or read-only', fixes: [] }
  if (facts.binaryLog && !(await mayKeepSilent(session))) {
    const right = facts.vendor === 'MariaDB' ? 'BINLOG ADMIN' : 'SYSTEM_VARIABLES_ADMIN'
    return {
      why: 'what is tried would go to its binary log and so to its replicas, which this user may not prevent',
      fixes: [`GRANT ${right} ON *.* TO ${await quotedUser(session)};`],
    }
  }
  return await whyNotMade(session, database, SCRATCH, facts)
}

async function mayKeepSilent(session: Session): Promise<boolean> {
  try {
    await session.run('SET SESSION sql_log_bin = 0')
    await session.run('SET SESSION sql_log_bin = 1')
    return true
  } catch (error) {
    if (!isServerError(error)) throw error
    return false
  }
}
