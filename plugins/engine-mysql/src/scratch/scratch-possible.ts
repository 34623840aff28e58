import type { Host, Probe, ScratchChoice, Source } from 'dbvault'
import type { Flags } from '../descriptor.ts'
import type { Facts } from '../server/facts.ts'
import { readElsewhere } from '../fingerprint/read-elsewhere.ts'
import { shown } from '../server/quote.ts'
import type { Session } from '../server/session.ts'
import { findServer } from '../tool/find-tools.ts'
import { installer } from './server-files.ts'
import { whyNotOnSource } from './why-not-on-source.ts'

/** Whether a restore can be tried where the user wants it: on a private server, or else in a database on the source. */
export async function scratchPossible(
  session: Session,
  database: string,
  facts: Facts,
  source: Source<Flags>,
  { mode }: ScratchChoice,
  host: Host,
): Promise<Probe['scratch']> {
  if (mode === 'url') return { possible: true }
  const program = facts.vendor === 'MariaDB' ? 'mariadbd' : 'mysqld'
  const others = (await readElsewhere(session, database)).map((name) => shown(name)).join(', ')
  const server =
    mode === 'source' || others !== '' ? undefined : await findServer(facts.vendor, facts.version, source.flags, host)
  if (server && (await installer(server))) return { possible: true }
  const noServer =
    others !== ''
      ? `its views use ${others}, which a private server would lack`
      : `there is no ${program} ${facts.version} or newer on this machine`
  const install = `Install the server program of ${facts.vendor} here (it need not run), or name its directory with --mysql-bin-dir.`
  const elsewhere = 'Or name another server to restore to with --scratch mysql://user:password@host/.'
  if (mode === 'private')
    return { possible: false, why: noServer, hints: [others === '' ? install : 'Use --scratch source.', elsewhere] }
  const onSource = await whyNotOnSource(session, database, facts)
  if (onSource === undefined) return { possible: true }
  return {
    possible: false,
    why: mode === 'source' ? `on the source ${onSource.why}` : `${noServer}, and on the source ${onSource.why}`,
    hints: [...onSource.fixes, mode === 'source' ? 'Or use --scratch private.' : install, elsewhere],
  }
}
