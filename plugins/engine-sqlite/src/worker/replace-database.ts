import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { dirname } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { sidecars } from '../sidecars.ts'
import type { ReplaceInput, ReplaceOutput } from './jobs.ts'
import { openTarget, pragma } from './open-database.ts'
import type { Patience } from './patience.ts'
import { isDamage } from './result-code.ts'
import type { WorkerContext } from './worker.ts'

const MAGIC = 'SQLite format 3\0'

/**
 * Puts a finished file in the place of a database, so that at every moment there is the old one or the new one.
 *
 * A -wal or -journal of the old file would be applied to the new one by whoever opens it next. Removing it first loses
 * what it holds. So the old database is settled first: locked against everybody, its log brought into its main file.
 * From then on the main file alone is the whole old database, and a rename replaces it.
 */
export function replaceDatabase(job: ReplaceInput, context: WorkerContext): ReplaceOutput {
  const patience = context.patience(job.patience)
  // SQLite would take a log beside a file that is not its own for worthless, and remove it.
  if (!isDatabase(job.target)) return replaceFile(job)
  let settled: Settled
  try {
    settled = settle(job.target, patience)
  } catch (error) {
    if (!isDamage(error)) throw error
    return replaceFile(job)
  }
  const { db, undo } = settled
  try {
    if (job.onlyIfEmpty && statSync(job.target).size > 0) {
      undo()
      return { outcome: 'not-empty', notes: [] }
    }
    context.throwIfCancelled()
    return { outcome: 'replaced', notes: rename(job) }
  } catch (error) {
    undo()
    throw error
  } finally {
    // SQLite sees that its file has moved, and leaves the names beside the new one alone.
    db.close()
  }
}

interface Settled {
  /** Holds an exclusive lock. */
  readonly db: DatabaseSync
  /** Makes the journal mode what it was. */
  readonly undo: () => void
}

function settle(path: string, patience: Patience): Settled {
  const db = patience.try(() => openTarget(path))
  try {
    const wasWal = patience.try(() => pragma(db, 'journal_mode')) === 'wal'
    const undo = () => {
      if (db.isTransaction) db.exec('ROLLBACK')
      if (wasWal) db.exec('PRAGMA journal_mode = WAL')
    }
    // Brings in the log and removes it; refused while anybody else has the database open.
    if (wasWal) patience.try(() => db.exec('PRAGMA journal_mode = DELETE'))
    try {
      patience.try(() => db.exec('BEGIN EXCLUSIVE'))
    } catch (error) {
      undo()
      throw error
    }
    return { db, undo }
  } catch (error) {
    db.close()
    throw error
  }
}

/** Whatever the file is, nobody can tell what a log beside it is worth. */
function replaceFile(job: ReplaceInput): ReplaceOutput {
  if (job.onlyIfEmpty) return { outcome: 'not-empty', notes: [] }
  const hasLog = sidecars(job.target).some((path) => existsSync(path) && statSync(path).size > 0)
  return hasLog ? { outcome: 'unsettled', notes: [] } : { outcome: 'replaced', notes: rename(job) }
}

function rename({ replacement, target }: ReplaceInput): string[] {
  const notes = keepOwnerAndMode(target, replacement)
  for (const path of sidecars(target)) rmSync(path, { force: true })
  renameSync(replacement, target)
  syncDirectory(dirname(target))
  return notes
}

function keepOwnerAndMode(old: string, replacement: string): string[] {
  const { mode, uid, gid } = statSync(old)
  const notes: string[] = []
  try {
    const made = statSync(replacement)
    if (made.uid !== uid || made.gid !== gid) chownSync(replacement, uid, gid)
  } catch {
    notes.push(`${old} could not be given back to its owner (uid ${uid}, gid ${gid}); it now belongs to this user`)
  }
  // After chown, which takes set-id bits away.
  chmodSync(replacement, mode & 0o777)
  return notes
}

function syncDirectory(path: string): void {
  if (process.platform === 'win32') return
  const directory = openSync(path, 'r')
  try {
    fsyncSync(directory)
  } finally {
    closeSync(directory)
  }
}

/** An empty file is a database, too: one without pages. */
function isDatabase(path: string): boolean {
  const file = openSync(path, 'r')
  try {
    const start = Buffer.alloc(MAGIC.length)
    const length = readSync(file, start, 0, start.length, 0)
    return length === 0 || start.toString('latin1') === MAGIC
  } finally {
    closeSync(file)
  }
}
