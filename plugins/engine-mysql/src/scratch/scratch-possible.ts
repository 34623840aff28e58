import type { Host, Probe, Source } from 'dbvault'
import { grants, readGrants } from '../audit/grants.ts'
import type { Flags } from '../descriptor.ts'
import type { Facts } from '../server/facts.ts'
import { isServerError } from '../server/server-error.ts'
import type { Session } from '../server/session.ts'
import { findServer } from '../tool/find-tools.ts'
import { installer } from './server-files.ts'

const EXAMPLE = 'dbvault_scratch_000000000000'

/** Whether a restore can be tried: on a private server, or else in a database on the source. */
export async function scratchPossible(
  session: Session,
  facts: Facts,
  source: Source<Flags>,
  host: Host,
): Promise<Probe['scratch']> {
  const server = await findServer(facts.vendor, facts.version, source.flags, host)
  if (server && (await installer(server))) return { possible: true }
  const onSource = await whyNotOnSource(session, facts)
  if (onSource === undefined) return { possible: true }
  const program = facts.vendor === 'MariaDB' ? 'mariadbd' : 'mysqld'
  return {
    possible: false,
    why: `there is no ${program} ${facts.version} or newer on this machine, and on the source ${onSource}`,
    hints: [
      `Install the server program of ${facts.vendor} here (it need not run), or name its directory with --mysql-bin-dir.`,
      'Or name another server to restore to with --scratch mysql://user:password@host/.',
    ],
  }
}

async function whyNotOnSource(session: Session, facts: Facts): Promise<string | undefined> {
  if (facts.readOnly) return 'nothing can be written: it is a replica or read-only'
  if (facts.binaryLog) {
    try {
      await session.run('SET SESSION sql_log_bin = 0')
      await session.run('SET SESSION sql_log_bin = 1')
    } catch (error) {
      if (!isServerError(error)) throw error
      return 'what is tried would go to its binary log and so to its replicas, which this user may not prevent'
    }
  }
  const held = await readGrants(session)
  const missing = ['CREATE', 'DROP', 'INSERT', 'SELECT'].filter((right) => !grants(held, right, EXAMPLE))
  return missing.length === 0 ? undefined : `this user lacks ${missing.join(', ')} on databases named dbvault_scratch_…`
}
