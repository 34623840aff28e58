import type { Host } from 'dbvault'
import { chown, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { clpError, messageOf } from '../clp/clp-error.ts'
import { paths } from '../clp/quote.ts'
import { runClp, type Session } from '../clp/run-clp.ts'
import { hasFailed } from '../clp/transcript.ts'
import { backupStatement, imageParts, timestampOf } from '../image/back-up.ts'
import { checkImage } from '../image/check-image.ts'
import { saysRestored } from '../image/restore-image.ts'
import { makeDirectory } from '../instance/own.ts'
import type { Place } from '../instance/place.ts'

/** An image of a database that is about to be overwritten. */
export interface KeptCopy {
  remove(): Promise<void>
  /** Restores it, also when the run was stopped, and returns the error to throw in place of the one that was the reason. */
  putBack(reason: unknown): Promise<unknown>
}

/** Of a database that nobody can use, since an earlier restore was not finished, there is nothing to be kept. */
const UNUSABLE = ['SQL1117N', 'SQL1119N']
const NOTHING: KeptCopy = { remove: async () => {}, putBack: async (reason) => reason }

/** A restore is not hurried: what it puts back is all there is. A second Ctrl-C ends it, and leaves the image. */
const WITHIN_MS = 24 * 60 * 60_000

/**
 * Makes an image of the database in a new directory below `beside`, and checks it. Until that is done nothing of the
 * database has changed. It has to be alone for it: a database that somebody uses is not replaced.
 * @throws RESTORE_FAILED, what the messages of Db2 mean
 */
export async function keepCopy(place: Place, beside: string, host: Host): Promise<KeptCopy> {
  const { instance, database, login } = place
  host.report({ kind: 'phase', name: 'keep a copy' })
  const directory = await mkdtemp(join(beside, 'dbvault-kept-'))
  const remove = (): Promise<void> => rm(directory, { recursive: true, force: true })
  try {
    if (instance.owner) await chown(directory, instance.owner.uid, instance.owner.gid)
    const part = await makeDirectory(join(directory, '1'), instance.owner)
    const options = { online: false, compress: false }
    const statement = backupStatement(database, [part], options, login, host)
    const timestamp = timestampOf(await runClp([statement], place, host), host, 'RESTORE_FAILED')
    const parts = await imageParts(directory, { database, timestamp }, host, 'RESTORE_FAILED')
    const files = parts.map(({ name }) => join(directory, name))
    await checkImage(files, instance, host, 'RESTORE_FAILED')
    return {
      remove,
      async putBack(reason) {
        const failure = await restoreKept(place, part, timestamp, host)
        if (failure === undefined) {
          await remove()
          return reason
        }
        const lost = `The restore failed, and the database ${database} that was there could not be put back: ${failure.message}`
        const way = `db2 restore database ${database} from '${part}' taken at ${timestamp} replace existing without rolling forward`
        // Said in any case: when the run was stopped, it is that which is reported as its error.
        host.report({ kind: 'warning', message: `${lost}. An image of it is kept: ${way}` })
        const why = reason instanceof Error ? reason.message : String(reason)
        return host.error('RESTORE_FAILED', lost, {
          hints: [`An image of it is kept: ${way}`, `The restore had failed because: ${why}`],
          cause: reason,
        })
      },
    }
  } catch (error) {
    await remove()
    if (!UNUSABLE.includes(messageOf(error) ?? '')) throw error
    const message = `No copy is kept of ${database}: an earlier restore of it was not finished, and it cannot be used`
    host.report({ kind: 'warning', message })
    return NOTHING
  }
}

async function restoreKept(
  { database, ...session }: Place,
  from: string,
  timestamp: string,
  host: Host,
): Promise<Error | undefined> {
  host.report({ kind: 'phase', name: 'put back' })
  const calm: Session = { ...session, cleanup: { withinMs: WITHIN_MS } }
  const statement = `RESTORE DATABASE ${database} FROM ${paths([from], host)} TAKEN AT ${timestamp} INTO ${database} REPLACE EXISTING WITHOUT ROLLING FORWARD WITHOUT PROMPTING`
  try {
    const transcript = await runClp([statement], calm, host)
    return saysRestored(transcript) && !hasFailed(transcript)
      ? undefined
      : clpError(host, transcript, 'It was not restored', 'RESTORE_FAILED')
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}
