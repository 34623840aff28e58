import { closeSync, openSync } from 'node:fs'
import { backup } from 'node:sqlite'
import type { SqliteFingerprint } from '../fingerprint.ts'
import type { SnapshotInput } from './jobs.ts'
import { openSource, pragma } from './open-database.ts'
import { readFingerprint } from './read-fingerprint.ts'
import type { WorkerContext } from './worker.ts'

/** A step must be short, for an abort is seen between steps; far smaller ones take up to three times as long. */
const PAGES_A_STEP = 4096

/**
 * Copies the database and reads its fingerprint inside one read transaction, so that both are of one moment whatever
 * others write meanwhile. It also keeps the copy from starting over after each foreign commit, which a backup in small
 * steps otherwise does. The fingerprint comes from the source: read from the copy it would prove nothing about it.
 */
export async function takeSnapshot(job: SnapshotInput, context: WorkerContext): Promise<SqliteFingerprint | undefined> {
  const patience = context.patience(job.patience)
  using db = patience.try(() => openSource(job.path))
  patience.try(() => {
    if (!db.isTransaction) db.exec('BEGIN')
    // The moment is that of the first read, not of BEGIN.
    db.prepare('SELECT count(*) FROM sqlite_schema').get()
  })
  const bytes = Number(pragma(db, 'page_count')) * Number(pragma(db, 'page_size'))

  closeSync(openSync(job.copyTo, 'wx', 0o600))
  context.throwIfCancelled()
  await backup(db, job.copyTo, { rate: PAGES_A_STEP, progress: context.throwIfCancelled })
  context.copied({ bytes })
  return job.fingerprint ? readFingerprint(db) : undefined
}
