import type { Storage } from '../contract/storage.ts'
import type { CatalogBackup } from '../catalog/catalog.ts'
import { manifestKey } from '../catalog/layout.ts'
import { verifyMac } from '../catalog/manifest-mac.ts'
import { unsealPart } from '../catalog/sealing.ts'
import { DbvaultError } from '../errors/dbvault-error.ts'
import { type Unlock, tryUnlock } from './unlock.ts'

/**
 * How far a manifest's word can be taken. `authentic`: its MAC was checked with the backup's key. `claimed`: it is
 * encrypted and the key was not given. `open`: it is not encrypted, so that whoever can write there can say anything.
 */
export type Trust = 'authentic' | 'claimed' | 'open'

export interface ListedBackup {
  readonly id: string
  readonly engine: string
  readonly database: string
  readonly createdAt: string
  readonly status: 'proven' | 'checked' | 'unproven' | 'failed' | 'missing'
  readonly trust: Trust
  /** Of all its artifacts. */
  readonly bytes: number
  readonly dumpBytes: number
  readonly encryption: string
  readonly compression: string
  /** When it was last proven or checked with success, by the backup itself or by a later `verify`. */
  readonly provenAt?: string
  readonly incomplete: readonly string[]
  readonly labels: Readonly<Record<string, string>>
  readonly address: string
}

/**
 * What is known of a backup from its manifest and the newest record of a proof beside it.
 * @throws MANIFEST_INVALID when one of them can be checked, and was changed
 */
export async function describeBackup(backup: CatalogBackup, storage: Storage, unlock: Unlock): Promise<ListedBackup> {
  const { manifest, key, lastProof } = backup
  const trust = await trustIn(backup, storage, unlock)
  const later = lastProof?.record
  const provenAt = later && later.outcome !== 'failed' ? later.at : proofTimeOf(manifest)
  return {
    id: manifest.id,
    engine: manifest.engine.name,
    database: manifest.database,
    createdAt: manifest.createdAt,
    status: statusOf(backup),
    trust,
    bytes: manifest.members.reduce((sum, { artifact }) => sum + artifact.bytes, 0),
    dumpBytes: manifest.members.reduce((sum, { dump }) => sum + dump.bytes, 0),
    encryption: manifest.encryption.scheme,
    compression: manifest.members[0]?.artifact.compression ?? 'none',
    ...(provenAt !== undefined && { provenAt }),
    incomplete: manifest.incomplete ?? [],
    labels: manifest.labels ?? {},
    address: storage.address(key),
  }
}

/** What was proven was whole: an artifact of another size is no longer what that says. */
function statusOf({ manifest, missing, torn, lastProof }: CatalogBackup): ListedBackup['status'] {
  if (missing.length > 0) return 'missing'
  if (torn.length > 0) return 'failed'
  return lastProof ? STATUS_OF[lastProof.record.outcome] : manifest.status
}

/** When the backup itself was proven or checked; undefined where it was not. */
function proofTimeOf({ status, proof }: CatalogBackup['manifest']): string | undefined {
  return status === 'unproven' ? undefined : proof.at
}

const STATUS_OF = { equal: 'proven', restorable: 'checked', failed: 'failed' } as const

/** @throws MANIFEST_INVALID when the manifest or the record of its last proof can be checked and was changed */
async function trustIn(
  { manifest, manifestText, key, lastProof }: CatalogBackup,
  storage: Storage,
  unlock: Unlock,
): Promise<Trust> {
  const where = storage.address(manifestKey(key))
  const verifyBoth = (macKey: Buffer | undefined): void => {
    verifyMac(manifestText, macKey, where)
    if (lastProof) verifyMac(lastProof.text, macKey, storage.address(lastProof.key))
  }
  const cipher = tryUnlock(manifest.encryption.scheme, unlock)
  if (cipher) {
    try {
      verifyBoth((await unsealPart(manifest, cipher, where)).macKey)
      return 'authentic'
    } catch (error) {
      // Among many backups some may be of another key: theirs stays a claim.
      if (!DbvaultError.is(error) || error.code !== 'KEY_WRONG') throw error
    }
  }
  if (manifest.encryption.scheme !== 'none') return 'claimed'
  verifyBoth(undefined)
  return 'open'
}
