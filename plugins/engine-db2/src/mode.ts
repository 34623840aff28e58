import type { Host } from 'dbvault'
import { MEANINGS } from './clp/meanings.ts'
import type { Facts } from './instance/facts.ts'

/** Whether a backup leaves the database in use. @throws DUMP_FAILED where that was asked for and cannot be */
export function onlineOf(
  mode: 'auto' | 'online' | 'offline',
  { archivesLogs }: Pick<Facts, 'archivesLogs'>,
  host: Host,
): boolean {
  if (mode === 'online' && !archivesLogs) {
    throw host.error('DUMP_FAILED', 'The database cannot be backed up while it is in use: its logs are not archived', {
      hints: MEANINGS['SQL2413N']?.hints ?? [],
    })
  }
  return mode === 'online' || (mode === 'auto' && archivesLogs)
}
