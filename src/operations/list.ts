import type { Host } from '../contract/host.ts'
import type { Storage } from '../contract/storage.ts'
import { type Catalog, type CatalogBackup, readCatalog } from '../catalog/catalog.ts'
import { manifestKey } from '../catalog/layout.ts'
import { DbvaultError } from '../errors/dbvault-error.ts'
import { type ListedBackup, describeBackup } from './describe-backup.ts'
import { type BackupFilter, fits } from './find-backup.ts'
import type { Unlock } from './unlock.ts'

export interface Listing {
  readonly backups: readonly ListedBackup[]
  readonly damaged: readonly { readonly address: string; readonly error: DbvaultError }[]
  readonly orphans: readonly {
    readonly address: string
    readonly bytes: number
    readonly modifiedAt: string
    readonly pending: boolean
  }[]
}

/** What a storage holds, as a person or a script wants to know it. */
export async function list(
  storage: Storage,
  prefix: string,
  filter: BackupFilter,
  unlock: Unlock,
  host: Host,
): Promise<Listing> {
  const catalog: Catalog = await readCatalog(storage, prefix, host)
  const wanted = catalog.backups.filter(({ manifest }) => fits(manifest, filter))
  const described = await Promise.all(wanted.map(describe))
  return {
    backups: described.filter((one) => 'id' in one),
    damaged: [
      ...catalog.damaged.map(({ key, error }) => ({ address: storage.address(key), error })),
      ...described.filter((one) => 'error' in one),
    ],
    orphans: catalog.orphans.map(({ key, bytes, modifiedAt, pending }) => ({
      address: storage.address(key),
      bytes,
      modifiedAt: modifiedAt.toISOString(),
      pending,
    })),
  }

  async function describe(backup: CatalogBackup): Promise<ListedBackup | Listing['damaged'][number]> {
    try {
      return await describeBackup(backup, storage, unlock)
    } catch (error) {
      if (!DbvaultError.is(error)) throw error
      return { address: storage.address(manifestKey(backup.key)), error }
    }
  }
}
