import type { ErrorCode, Host } from 'dbvault'
import { JobFailure } from './worker/job-failure.ts'
import { isDiskFull } from './worker/result-code.ts'

interface Meaning {
  readonly code: ErrorCode
  readonly what: string
  readonly hints?: readonly string[]
  readonly retryable?: boolean
}

const LOCKED: Meaning = {
  code: 'SOURCE_UNREACHABLE',
  what: 'is locked by another process',
  hints: ['Wait until that is done, or wait longer for it with --sqlite-busy-timeout.'],
  retryable: true,
}
const UNREADABLE_LOG: Meaning = {
  code: 'SOURCE_DENIED',
  what: 'is in WAL mode, and its -wal and -shm files can be neither read nor made',
  hints: ['Run as a user who may write to the directory of the database: every reader of a WAL database must.'],
}
const CORRUPT: Meaning = {
  code: 'SOURCE_CORRUPT',
  what: 'is damaged',
  hints: [
    'See what is damaged: sqlite3 FILE "PRAGMA integrity_check"',
    'Rescue what can be read: sqlite3 FILE .recover | sqlite3 rescued.db',
  ],
}

/** SQLite's result codes (https://www.sqlite.org/rescode.html), extended before primary. */
const SOURCE: Readonly<Record<number, Meaning>> = {
  0: LOCKED, // "not an error": what Node reports when a lock is met while opening
  3: { code: 'SOURCE_DENIED', what: 'may not be read' },
  5: LOCKED,
  6: LOCKED,
  8: UNREADABLE_LOG,
  776: {
    code: 'SOURCE_UNREACHABLE',
    what: 'has a hot journal: its last writer was killed, and whoever opens it next for writing must roll that back',
    hints: ['Do that once, as a user who may write to it: sqlite3 FILE "PRAGMA schema_version"'],
  },
  10: { code: 'SOURCE_UNREACHABLE', what: 'could not be read', retryable: true },
  11: CORRUPT,
  14: {
    code: 'SOURCE_DENIED',
    what: 'cannot be opened: it may not be read, or it is in WAL mode in a directory that may not be written',
    hints: UNREADABLE_LOG.hints ?? [],
  },
  23: { code: 'SOURCE_DENIED', what: 'may not be read' },
  26: {
    code: 'SOURCE_CORRUPT',
    what: 'is not an SQLite database: another kind of file, an encrypted one, or one whose beginning is damaged',
    hints: ['An encrypted database can only be backed up by its application.'],
  },
}

/** SQLITE_IOERR_WRITE, _FSYNC, _DIR_FSYNC, _TRUNCATE: only the copy is ever written. */
const WRITING = [778, 1034, 1290, 1546]

/** What a failure means when it was the source that was read and a copy in the temporary directory written. */
export function sourceError(host: Host, path: string, error: unknown): unknown {
  if (!(error instanceof JobFailure)) return error
  const { errcode, table, message } = error
  if (isFull(error)) return fullError(host, error)
  if (errcode !== undefined && WRITING.includes(errcode)) {
    return host.error('STORAGE_FAILED', `The copy of ${path} could not be written: ${message}`, { cause: error })
  }
  const meaning = errcode === undefined ? undefined : (SOURCE[errcode] ?? SOURCE[errcode & 0xff])
  if (meaning === undefined) {
    return host.error('DUMP_FAILED', `${path} could not be dumped: ${message}`, { cause: error })
  }
  const { code, what, hints = [], retryable = false } = meaning
  const where = table === undefined ? '' : `, in table ${JSON.stringify(table)}`
  return host.error(code, `${path} ${what}${where} (${message})`, {
    hints: hints.map((hint) => hint.replace('FILE', quoted(path))),
    retryable,
    cause: error,
  })
}

/** What a failure means when scratch was read: nothing about the backup, unless the file is damaged. */
export function proofError(host: Host, error: unknown): unknown {
  if (!(error instanceof JobFailure)) return error
  return host.error('PROOF_UNFINISHED', `The scratch copy could not be read: ${error.message}`, { cause: error })
}

export function fullError(host: Host, cause: unknown): Error {
  return host.error('STORAGE_FULL', 'In the directory for temporary files there is no space left for a whole copy', {
    hints: ['Name a larger one with --temp-dir.'],
    cause,
  })
}

/** No space, by the system's word or SQLite's. */
export function isFull(error: unknown): boolean {
  if (isDiskFull(error)) return true
  return error instanceof Error && 'code' in error && ['ENOSPC', 'EDQUOT'].includes(String(error.code))
}

/** As one word of a POSIX shell. */
export function quoted(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`
}
