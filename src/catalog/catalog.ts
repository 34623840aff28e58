import pLimit from 'p-limit'
import type { Host } from '../contract/host.ts'
import type { ObjectStat, Storage } from '../contract/storage.ts'
import { DbvaultError } from '../errors/dbvault-error.ts'
import { fileName, roleOf, sibling } from './layout.ts'
import { type Orphan, findOrphans, isOurName } from './orphans.ts'
import { type Manifest, MANIFEST_BYTES_AT_MOST, parseManifest } from './manifest.ts'
import { type ProofRecord, parseProofRecord } from './proof-record.ts'
import { readText } from './read-object.ts'
import { isWithin } from './scope.ts'

/** Manifests are read side by side, so many at once. */
const READS_AT_ONCE = 16

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
  const objects = new Map<string, ObjectStat>()
  for await (const stat of storage.list(scope, host)) if (isWithin(scope, stat.key)) objects.set(stat.key, stat)

  const limit = pLimit(READS_AT_ONCE)
  const manifests = [...objects.values()].flatMap(({ key, bytes }) => {
    const role = roleOf(key)
    const mayBe = role.role === 'manifest' && objects.has(role.artifact) && bytes <= MANIFEST_BYTES_AT_MOST
    return role.role === 'manifest' && (mayBe || isOurName(key)) ? [{ key, artifact: role.artifact }] : []
  })
  const newestProofs = newestProofKeys(objects.keys())
  const read = (await Promise.all(manifests.map((found) => limit(() => readOne(found))))).filter(
    (one) => one !== undefined,
  )

  const backups = read
    .filter((one) => 'manifest' in one)
    .toSorted((a, b) => compareText(b.manifest.createdAt, a.manifest.createdAt))
  return { objects, backups, damaged: read.filter((one) => 'error' in one) }

  async function readProof(proof: string): Promise<CatalogBackup['lastProof']> {
    const proofText = await readText(storage, proof, host)
    const record = parseProofRecord(proofText)
    return record && { record, text: proofText, key: proof }
  }

  async function readOne({
    key,
    artifact,
  }: {
    key: string
    artifact: string
  }): Promise<CatalogBackup | { key: string; error: DbvaultError } | undefined> {
    try {
      const { manifest, text } = await readManifest(storage, key, host)
      const proof = newestProofs.get(artifact)
      const lastProof = proof === undefined ? undefined : await readProof(proof)
      return {
        manifest,
        manifestText: text,
        key: artifact,
        missing: manifest.members.map((m) => sibling(artifact, m.artifact.name)).filter((name) => !objects.has(name)),
        ...(lastProof && { lastProof }),
      }
    } catch (error) {
      if (!DbvaultError.is(error)) throw error
      if (error.code === 'OBJECT_NOT_FOUND') return undefined // Deleted since it was listed.
      if (error.code !== 'MANIFEST_INVALID') throw error
      const foreign = !isOurName(artifact) && !(await readText(storage, key, host)).includes('dbvault-manifest-')
      return foreign ? undefined : { key, error }
    }
  }
}

/**
 * Reads one manifest, and requires that it stands beside the artifact that it describes.
 * @throws MANIFEST_INVALID, OBJECT_NOT_FOUND
 */
export async function readManifest(
  storage: Storage,
  key: string,
  host: Host,
): Promise<{ readonly manifest: Manifest; readonly text: string }> {
  const where = storage.address(key)
  const text = await readText(storage, key, host)
  const manifest = parseManifest(text, where)
  const main = manifest.members[0]?.artifact.name
  if (`${main}.json` === fileName(key)) return { manifest, text }
  throw new DbvaultError('MANIFEST_INVALID', `The manifest ${where} belongs to another artifact, ${main}`, {
    hints: ['It was renamed or moved there. Give it and its artifact their own names back.'],
  })
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
