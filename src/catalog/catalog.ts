import type { Host } from '../contract/host.ts'
import type { ObjectStat, Storage } from '../contract/storage.ts'
import type { DbvaultError } from '../errors/dbvault-error.ts'
import { manifestKey, roleOf, sibling } from './layout.ts'
import { type Orphan, findOrphans, isOurName } from './orphans.ts'
import { type Manifest, MANIFEST_BYTES_AT_MOST } from './manifest.ts'
import { Manifests } from './manifests.ts'
import type { ProofRecord } from './proof-record.ts'
import { isWithin } from './scope.ts'

export interface Catalog {
  /** Newest first. */
  readonly backups: readonly CatalogBackup[]
  /** Manifests that cannot be read, with the reason. */
  readonly damaged: readonly { readonly key: string; readonly error: DbvaultError }[]
  /** Artifacts without a manifest. */
  readonly orphans: readonly Orphan[]
}

export interface CatalogBackup {
  readonly manifest: Manifest
  /** As it was read: the MAC covers this, field by field. */
  readonly manifestText: string
  /** Of the main artifact. */
  readonly key: string
  /** Members that the manifest names and that are not there. Empty for a whole backup. */
  readonly missing: readonly string[]
  /** Of the newest `verify`. */
  readonly lastProof?: { readonly record: ProofRecord; readonly text: string; readonly key: string }
}

/** Everything that dbvault has stored within a scope: see {@link isWithin}. */
export async function readCatalog(
  storage: Storage,
  scope: string,
  host: Host,
  now: Date = new Date(),
): Promise<Catalog> {
  const { objects, backups, damaged } = await takeInventory(storage, scope, host)
  return { backups, damaged, orphans: findOrphans(objects, { backups, damaged }, now) }
}

/** What a catalog is made of, and every object that was listed for it. */
export interface Inventory extends Omit<Catalog, 'orphans'> {
  readonly objects: ReadonlyMap<string, ObjectStat>
}

/** A listing that cannot be completed is an error, never an empty inventory. */
export async function takeInventory(storage: Storage, scope: string, host: Host): Promise<Inventory> {
  const manifests = new Manifests(storage, host)
  try {
    return await inventoryOf(storage.list(scope, host), scope, manifests)
  } catch (error) {
    // Nothing reads on behind the back of whoever is told of it.
    await manifests.stop()
    throw error
  }
}

async function inventoryOf(
  listing: AsyncIterable<ObjectStat>,
  scope: string,
  manifests: Manifests,
): Promise<Inventory> {
  const objects = new Map<string, ObjectStat>()
  for await (const stat of listing) {
    if (!isWithin(scope, stat.key)) continue
    objects.set(stat.key, stat)
    // Reading goes on while the place lists further. Whether a name of somebody else's is a manifest is known at the end.
    if (roleOf(stat.key).role === 'manifest' && isOurName(stat.key)) manifests.read(stat.key)
  }
  for (const { key, bytes } of objects.values()) {
    const role = roleOf(key)
    const mayBe = role.role === 'manifest' && objects.has(role.artifact) && bytes <= MANIFEST_BYTES_AT_MOST
    if (mayBe && !isOurName(key)) manifests.read(key)
  }
  const newestProofs = newestProofKeys(objects.keys())
  const read = await manifests.all()
  const lastProofs = await manifests.proofs(read.flatMap(({ key }) => newestProofs.get(key) ?? []))

  const found = read.map((one): CatalogBackup | Catalog['damaged'][number] => {
    const lastProof = lastProofs.get(newestProofs.get(one.key) ?? '')
    if ('error' in one) return { key: manifestKey(one.key), error: one.error }
    if (lastProof && 'error' in lastProof) return { key: manifestKey(one.key), error: lastProof.error }
    const { key, manifest, text } = one
    const names = manifest.members.map((member) => sibling(key, member.artifact.name))
    const missing = names.filter((name) => !objects.has(name))
    return { manifest, manifestText: text, key, missing, ...(lastProof && { lastProof }) }
  })
  const backups = found.filter((one) => 'manifest' in one)
  return {
    objects,
    backups: backups.toSorted((a, b) => compareText(b.manifest.createdAt, a.manifest.createdAt)),
    damaged: found.filter((one) => 'error' in one),
  }
}

function newestProofKeys(keys: Iterable<string>): Map<string, string> {
  const newest = new Map<string, string>()
  for (const key of keys) {
    const role = roleOf(key)
    if (role.role === 'proof' && key > (newest.get(role.artifact) ?? '')) newest.set(role.artifact, key)
  }
  return newest
}

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
