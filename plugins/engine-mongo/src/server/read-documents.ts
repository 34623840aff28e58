import type { Timestamp } from 'mongodb'
import { BUCKETS, isCapped, isClustered, type Collection } from '../archive/collection.ts'
import { isAtLeast, VIEWLESS_SERIES } from '../archive/archive-format.ts'
import { ContentSum } from '../fingerprint/content-sum.ts'
import type { Server } from './server.ts'

/** How much is read in one go. Bytes. */
const BATCH = 100_000
const MOST = 10_000
const FIRST = 100

/** Where the documents of a collection are, and how they are asked for. */
export function dataOf(
  server: Server,
  { name, type }: Collection,
): { readonly collection: string; readonly raw: boolean } {
  if (type !== 'timeseries') return { collection: name, raw: false }
  return isAtLeast(server.version, VIEWLESS_SERIES)
    ? { collection: name, raw: true }
    : { collection: BUCKETS + name, raw: false }
}

/**
 * All documents of a collection, byte for byte. At a point in time they come as they lie. Without one they come in the
 * order of `_id`: one that is removed and put in again meanwhile would otherwise come twice, and nobody could restore
 * that. Capped and clustered collections lie in an order of their own, in which that cannot happen.
 */
export async function* readDocuments(
  server: Server,
  database: string,
  collection: Collection,
  at: Timestamp | undefined,
): AsyncGenerator<Buffer[]> {
  const data = dataOf(server, collection)
  const asTheyLie =
    at !== undefined || collection.type === 'timeseries' || isCapped(collection) || isClustered(collection)
  const command = {
    find: data.collection,
    batchSize: FIRST,
    noCursorTimeout: true,
    ...(!asTheyLie && { sort: { _id: 1 } }),
    ...(data.raw && { rawData: true }),
    ...(at !== undefined && { readConcern: { level: 'snapshot', atClusterTime: at } }),
  }
  yield* server.read(database, command, (bytes, documents) =>
    Math.max(1, Math.min(MOST, Math.floor((BATCH / Math.max(bytes, 1)) * documents))),
  )
}

/** Reads all of a collection and keeps nothing but its sum. */
export async function sumDocuments(
  server: Server,
  database: string,
  collection: Collection,
  at?: Timestamp,
): Promise<ContentSum> {
  const sum = new ContentSum()
  for await (const documents of readDocuments(server, database, collection, at)) {
    for (const document of documents) sum.add(document)
  }
  return sum
}

export async function countDocuments(server: Server, database: string, collection: Collection): Promise<number> {
  const data = dataOf(server, collection)
  const pipeline = [{ $group: { _id: 1, count: { $sum: 1 } } }]
  const answer = await server.command(database, {
    aggregate: data.collection,
    pipeline,
    cursor: {},
    ...(data.raw && { rawData: true }),
  })
  const [first] = (answer['cursor'] as { firstBatch: { count: number }[] }).firstBatch
  return first?.count ?? 0
}
