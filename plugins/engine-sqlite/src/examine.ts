import type { Host } from 'dbvault'
import { truncateSync } from 'node:fs'
import type { SqliteFingerprint } from './fingerprint.ts'
import type { Integrity } from './worker/jobs.ts'
import { runJob } from './worker/run-job.ts'

export interface Examination {
  readonly integrity: Integrity
  readonly fingerprint: SqliteFingerprint
}

/**
 * Reads all of a file that only we know of: its structure and its rows at once, each in its own thread.
 * On abort the file is cut to nothing.
 * @throws JobFailure, or the signal's reason
 */
export async function examine(path: string, host: Host): Promise<Examination> {
  const failed = new AbortController()
  const signal = AbortSignal.any([host.signal, failed.signal])
  const options = {
    signal,
    // integrity_check is one call of SQLite that takes seconds a gigabyte and cannot be interrupted; it ends by itself
    // when its file ends.
    onAbort: () => truncateSync(path),
  }
  const fail = (error: unknown): never => {
    failed.abort(error)
    throw error
  }
  const jobs = [
    runJob('integrity', { path, scratch: true, patience: 0 }, options).catch(fail),
    runJob('fingerprint', { path }, options).catch(fail),
  ] as const
  await Promise.allSettled(jobs)
  signal.throwIfAborted()
  const [integrity, fingerprint] = await Promise.all(jobs)
  return { integrity, fingerprint }
}
