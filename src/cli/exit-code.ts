import type { ErrorCode } from '../errors/error-code.ts'

/** The exit code of every error. */
const EXIT_CODES: Readonly<Record<ErrorCode, number>> = {
  INTERNAL: 1,
  USAGE: 2,
  KEY_INVALID: 2,
  SOURCE_UNREACHABLE: 3,
  SOURCE_DENIED: 3,
  SOURCE_NOT_FOUND: 3,
  SOURCE_CORRUPT: 4,
  DUMP_FAILED: 4,
  DUMP_INCOMPLETE: 4,
  RESTORE_FAILED: 4,
  TOOL_FAILED: 4,
  PROOF_FAILED: 5,
  PROOF_UNFINISHED: 5,
  STORAGE_UNREACHABLE: 6,
  STORAGE_DENIED: 6,
  STORAGE_FULL: 6,
  STORAGE_FAILED: 6,
  OBJECT_NOT_FOUND: 6,
  BACKUP_NOT_FOUND: 6,
  KEY_WRONG: 7,
  ARTIFACT_CORRUPT: 7,
  ARTIFACT_FOREIGN: 7,
  MANIFEST_INVALID: 7,
  TARGET_NOT_EMPTY: 8,
  OBJECT_EXISTS: 8,
  SEVERAL_FAILED: 9,
  TOOL_NOT_FOUND: 10,
  TOOL_UNSUITABLE: 10,
  PLUGIN_NOT_FOUND: 10,
  PLUGIN_INVALID: 10,
  PROOF_UNAVAILABLE: 10,
  LOCKED: 11,
  TIMED_OUT: 12,
  INTERRUPTED: 130,
  TERMINATED: 143,
}

const MEANINGS: readonly (readonly [exit: number, means: string])[] = [
  [0, 'all that was asked for is done, and proven as far as asked'],
  [1, 'internal error: a bug in dbvault or in a plugin'],
  [2, 'usage: an unknown flag, missing or contradictory values'],
  [3, 'the source or target cannot be reached, refused the login, or has no such database'],
  [4, 'the dump failed or is not complete, or a restore failed'],
  [5, 'the proof failed, or could not be finished (the backup is kept as "unproven")'],
  [6, 'a storage or the disk failed, or does not have what was asked for'],
  [7, 'the key is wrong, or the artifact is damaged or not of dbvault'],
  [8, 'refused for safety: the target is not empty, or the name exists'],
  [9, 'some of several failed, or failed differently; the result says which'],
  [10, 'a tool, a plugin or a kind of proof is missing, or too old'],
  [11, 'another run holds the lock'],
  [12, 'timed out'],
  [130, 'interrupted (Ctrl-C); all that was half done is removed'],
  [143, 'terminated; all that was half done is removed'],
]

export function exitCodeOf(code: ErrorCode): number {
  return EXIT_CODES[code]
}

/** What each exit code means, and which error codes of `--json` go with it. */
export function exitCodes(): readonly {
  readonly exit: number
  readonly means: string
  readonly codes: readonly ErrorCode[]
}[] {
  return MEANINGS.map(([exit, means]) => ({
    exit,
    means,
    codes: Object.entries(EXIT_CODES)
      .filter(([, number]) => number === exit)
      .map(([code]) => code as ErrorCode),
  }))
}

/** {@link exitCodes} for people, one a line. */
export function exitCodeTable(): string {
  return exitCodes()
    .map(({ exit, means, codes }) => `${exit}: ${means}${codes.length > 0 ? ` (${codes.join(', ')})` : ''}`)
    .join('\n')
}
