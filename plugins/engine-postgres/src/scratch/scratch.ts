import type { PostgresFingerprint } from '../fingerprint/fingerprint.ts'
import type { OpenBackup } from '../open-backup.ts'

/** Somewhere empty to restore into, that is gone or empty again when it is disposed. */
export interface OpenScratch extends AsyncDisposable {
  /** Restores into it, once, and says what is there then. */
  fill(opened: OpenBackup): Promise<PostgresFingerprint>
}
