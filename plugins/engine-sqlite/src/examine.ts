import type { Host } from 'dbvault'
import { truncateSync } from 'node:fs'
import type { SqliteFingerprint } from './fingerprint.ts'
import type { JobFailure } from './worker/job-failure.ts'
import { isDamage } from './worker/result-code.ts'
import { runJob } from './worker/run-job.ts'

export interface Examination {
  /** Lines that say what is broken; none when the file is sound. */
  readonly damage: readonly string[]
  /** Undefined when damage made it impossible. */
  readonly fingerprint: SqliteFingerprint | undefined
}

/**
 * Reads all of a file that only we know of: its structure and its rows at once, each in its own thread.
 * On abort the file is cut to nothing.
 * @throws JobFailure for what says nothing about the file, or the signal's reason
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
  const structure = runJob('integrity', { path, scratch: true, patience: 0 }, options).catch(fail)
  const rows = runJob('fingerprint', { path }, options).then(
    (fingerprint) => ({ fingerprint, damage: [] }),
    (error: unknown) => (isDamage(error) ? { fingerprint: undefined, damage: [damageOf(error)] } : fail(error)),
  )
  await Promise.allSettled([structure, rows])
  signal.throwIfAborted()
  const { fingerprint, damage } = await rows
  return { damage: [...(await structure).damage, ...damage], fingerprint }
}

function damageOf(error: unknown): string {
  const { message, table } = error as JobFailure
  return table === undefined ? message : `${message} in table ${JSON.stringify(table)}`
}
