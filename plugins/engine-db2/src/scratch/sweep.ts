import type { Host } from 'dbvault'
import { lstat } from 'node:fs/promises'
import { runClp, type Session } from '../clp/run-clp.ts'
import { hasFailed } from '../clp/transcript.ts'
import { listDatabases } from '../instance/database-directory.ts'
import { isScratchName } from './scratch-name.ts'

/** Where the files of a scratch database are: in the temporary directory of the run that made it. */
const OURS = /\/dbvault-[A-Za-z0-9]{6}\/files\//

/**
 * Forgets scratch databases of runs that were killed. The core removes the temporary directory of a run that is certainly
 * over, and with it the files of its scratch database; what is left then is the name of a database that is no more.
 * @throws nothing but an abort
 */
export async function sweep(session: Session, host: Host): Promise<void> {
  try {
    for (const { alias, path } of await listDatabases(session, host, 'PROOF_UNFINISHED')) {
      if (path === undefined || !isScratchName(alias) || !OURS.test(`${path}/`) || !(await isGone(path))) continue
      const { messages, ...rest } = await runClp([`UNCATALOG DATABASE ${alias}`], session, host)
      if (hasFailed({ ...rest, messages })) continue
      host.report({ kind: 'warning', message: `Forgot ${alias}, a scratch database that a killed run had left` })
    }
  } catch {
    host.signal.throwIfAborted()
    // The next run tries again.
  }
}

async function isGone(path: string): Promise<boolean> {
  return lstat(path).then(
    () => false,
    (error: unknown) => error instanceof Error && 'code' in error && error.code === 'ENOENT',
  )
}
