import type { Fingerprint } from 'dbvault'
import type { Collection, CollectionType } from '../archive/collection.ts'
import type { ContentSum } from './content-sum.ts'
import { digestOf, indexDigests } from './definition.ts'

/** Permanent: stands in manifests. Another way to digest documents or definitions gets another number. */
export const SCHEME = 'mongo-documents-1'

/** Name, what it is, documents, the sum over their digests, a digest of the options, and name and digest of each index. */
export type CollectionEntry = readonly [
  name: string,
  type: CollectionType,
  documents: number,
  sum: string,
  options: string,
  indexes: readonly IndexEntry[],
]
export type IndexEntry = readonly [name: string, digest: string]

/**
 * What a database holds: of each collection how many documents, the sum of their digests, byte for byte and whatever
 * their order, and digests of its options and indexes.
 */
export interface MongoFingerprint extends Fingerprint {
  readonly scheme: typeof SCHEME
  readonly collections: readonly CollectionEntry[]
}

/** Undefined for anything that this version did not write. */
export function asMongoFingerprint(fingerprint: Fingerprint): MongoFingerprint | undefined {
  const { scheme, collections } = fingerprint
  const known =
    scheme === SCHEME &&
    Array.isArray(collections) &&
    collections.every((entry) => Array.isArray(entry) && entry.length === 6 && Array.isArray(entry[5]))
  return known ? (fingerprint as MongoFingerprint) : undefined
}

/** `sums` has the documents of each collection that is no view. */
export function makeFingerprint(
  collections: readonly Collection[],
  sums: ReadonlyMap<string, ContentSum>,
): MongoFingerprint {
  const entries = collections.map((collection): CollectionEntry => {
    const sum = sums.get(collection.name)
    return [
      collection.name,
      collection.type,
      sum?.documents ?? 0,
      sum?.digest ?? '',
      digestOf(collection),
      indexDigests(collection),
    ]
  })
  return { scheme: SCHEME, collections: entries.sort(([a], [b]) => (a < b ? -1 : 1)) }
}

export function counts({ collections }: MongoFingerprint): Record<string, number> {
  return {
    collections: collections.filter(([, type]) => type !== 'view').length,
    documents: collections.reduce((sum, [, , documents]) => sum + documents, 0),
    indexes: collections.reduce((sum, [, , , , , indexes]) => sum + indexes.length, 0),
    views: collections.filter(([, type]) => type === 'view').length,
  }
}
