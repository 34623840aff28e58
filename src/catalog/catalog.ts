import type { Host } from '../contract/host.ts'
import type { ObjectStat, Storage } from '../contract/storage.ts'
import type { DbvaultError } from '../errors/dbvault-error.ts'
import { fileName, manifestKey, roleOf, sibling } from './layout.ts'
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
  /** Members that are there with another size than the manifest says. Empty for a whole backup. */
  readonly torn: readonly string[]
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
  const { objects, backups, damaged } = await takeInventory(storage, scope, host, now)
  return { backups, damaged, orphans: findOrphans(objects, { backups, damaged }, now) }
}

/** What a catalog is made of, and every object that was listed for it. */
export interface Inventory extends Omit<Catalog, 'orphans'> {
  readonly objects: ReadonlyMap<string, ObjectStat>
}

/** A listing that cannot be completed is an error, never an empty inventory. */
export async function takeInventory(
  storage: Storage,
  scope: string,
  host: Host,
  now: Date = new Date(),
): Promise<Inventory> {
  const manifests = new Manifests(storage, host)
  try {
    return await inventoryOf(storage.list(scope, host), scope, manifests, now)
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
  now: Date,
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
    if (role.role !== 'manifest' || bytes > MANIFEST_BYTES_AT_MOST || isOurName(key)) continue
    // Where the artifact is gone only `shop.sql.json` is looked into, and not everybody's `package.json`.
    if (objects.has(role.artifact) || fileName(role.artifact).includes('.', 1)) manifests.read(key)
  }
  const proofs = proofsOf(objects.keys())
  const read = await manifests.all()
  const lastProofs = await Promise.all(
    read.map(async (one) =>
      'error' in one ? undefined : await manifests.newestProof(one.manifest.id, proofs.get(one.key) ?? [], now),
    ),
  )
  const found = read.map((one, place): CatalogBackup | Catalog['damaged'][number] => {
    const lastProof = lastProofs[place]
    if ('error' in one) return { key: manifestKey(one.key), error: one.error }
    if (lastProof && 'error' in lastProof) return { key: manifestKey(one.key), error: lastProof.error }
    const { key, manifest, text } = one
    const members = manifest.members.map(({ artifact }) => ({
      name: sibling(key, artifact.name),
      bytes: artifact.bytes,
    }))
    const missing = members.filter(({ name }) => !objects.has(name)).map(({ name }) => name)
    const torn = members
      .filter(({ name, bytes }) => (objects.get(name)?.bytes ?? bytes) !== bytes)
      .map(({ name }) => name)
    return { manifest, manifestText: text, key, missing, torn, ...(lastProof && { lastProof }) }
  })
  const backups = found.filter((one) => 'manifest' in one)
  return {
    objects,
    backups: backups.toSorted((a, b) => compareText(b.manifest.createdAt, a.manifest.createdAt)),
    damaged: found.filter((one) => 'error' in one),
  }
}

/** The records of proofs beside each artifact, by what their names say the newest first. */
function proofsOf(keys: Iterable<string>): Map<string, string[]> {
  const all = new Map<string, { readonly key: string; readonly at: string; readonly nth: number }[]>()
  for (const key of keys) {
    const role = roleOf(key)
    if (role.role !== 'proof') continue
    const { artifact, at, nth } = role
    const beside = all.get(artifact)
    if (beside) beside.push({ key, at, nth })
    else all.set(artifact, [{ key, at, nth }])
  }
  const newestFirst = [...all].map(([artifact, beside]) => {
    const sorted = beside.toSorted((a, b) => compareText(b.at, a.at) || b.nth - a.nth)
    return [artifact, sorted.map(({ key }) => key)] as const
  })
  return new Map(newestFirst)
}

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
