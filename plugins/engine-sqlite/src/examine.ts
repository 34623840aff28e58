import type { Host } from 'dbvault'
import { truncateSync } from 'node:fs'
import type { Examination } from './worker/jobs.ts'
import { runJob } from './worker/run-job.ts'

/**
 * Reads all of a file that only we know of. On abort the file is cut to nothing.
 * @throws JobFailure for what says nothing about the file, or the signal's reason
 */
export async function examine(path: string, { signal }: Host): Promise<Examination> {
  return await runJob(
    'examine',
    { path },
    {
      signal,
      // integrity_check is one call of SQLite that takes seconds a gigabyte and cannot be interrupted. It ends by
      // itself when its file ends.
      onAbort: () => truncateSync(path),
    },
  )
}
