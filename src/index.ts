/**
 * dbvault as a library: the contracts that plugins implement, and the operations that the commands call. An engine is
 * the default export of its package, so nothing has to be discovered:
 *
 * ```ts
 * import sqlite from '@dbvault/engine-sqlite'
 * import { backup, contextOf, localStorage } from 'dbvault'
 *
 * const result = await backup(
 *   {
 *     engine: sqlite,
 *     source: { database: 'shop.db', flags: {} },
 *     destinations: [{ storage: localStorage('/backups') }],
 *     compression: { name: 'gzip' },
 *     prove: 'restore',
 *   },
 *   contextOf(),
 * )
 * ```
 */
export type * from './contract/engine.ts'
export type * from './contract/flags.ts'
export type * from './contract/host.ts'
export type * from './contract/plugin.ts'
export type * from './contract/storage.ts'
export type * from './contract/transfer.ts'
export { DbvaultError, type ErrorDetails } from './errors/dbvault-error.ts'
export type { ErrorCode } from './errors/error-code.ts'
export { secret } from './host/secret.ts'
export type { Policy } from './retention/policy.ts'
export { localStorage } from './storage/local.ts'

export type { Manifest } from './catalog/manifest.ts'
export { backup } from './operations/backup.ts'
export type * from './operations/backup-request.ts'
export { contextOf, type OperationContext, type OperationEvent } from './operations/context.ts'
export { copyBackup, type CopyResult } from './operations/copy-backup.ts'
export { decrypt, type DecryptRequest } from './operations/decrypt.ts'
export {
  type BackupFilter,
  findAll,
  findAtKey,
  findById,
  findNewest,
  type FoundBackup,
  type FoundBackups,
} from './operations/find-backup.ts'
export type { ListedBackup, Trust } from './operations/describe-backup.ts'
export { hostOf } from './operations/host-for.ts'
export { list, type Listing } from './operations/list.ts'
export { type OpenedBackup, openBare, openWithManifest } from './operations/open-backup.ts'
export { prune, type PruneRequest, type PruneResult } from './operations/prune.ts'
export type { KeptBackup } from './operations/prune-backups.ts'
export type { PruneItem } from './operations/prune-work.ts'
export { restore, type RestoreOptions, type RestoreResult } from './operations/restore.ts'
export { show, type Shown } from './operations/show.ts'
export type { Unlock } from './operations/unlock.ts'
export { verify, type VerifyRequest, type VerifyResult } from './operations/verify.ts'
export { generateFernetKey, parseFernetKey } from './pipeline/encrypt/fernet-key.ts'
