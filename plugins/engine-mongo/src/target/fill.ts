import type { Host } from 'dbvault'
import { isAtLeast, VIEWLESS_SERIES } from '../archive/archive-format.ts'
import { BUCKETS, type Collection } from '../archive/collection.ts'
import type { ArchiveReader } from '../archive/read-archive.ts'
import type { ContentSum } from '../fingerprint/content-sum.ts'
import { ContentSums } from '../fingerprint/content-sums.ts'
import { makeFingerprint, type MongoFingerprint } from '../fingerprint/fingerprint.ts'
import { insertDocuments } from '../server/insert.ts'
import { listCollections, listNames } from '../server/list-collections.ts'
import { sumDocuments } from '../server/read-documents.ts'
import { RefusedError } from '../server/refused-error.ts'
import type { Server } from '../server/server.ts'
import { eachOf } from '../side-by-side.ts'
import { createCollection, createView, finishCollection } from './create-collection.ts'
import { Inserter } from './inserter.ts'

/** Where the collections of an archive go. */
export interface Filling {
  readonly server: Server
  readonly database: string
  /** Under which name. */
  nameOf(collection: Collection): string
  /** Told of each collection that was not there before. */
  onMade?(name: string): void
}

export interface Filled {
  /** What the server has of them now. */
  readonly found: MongoFingerprint
  /** What the archive has, which is no proof of anything but that the server keeps it. */
  readonly loaded: MongoFingerprint
}

/**
 * Makes the collections of an archive, and reads back what the server has of them. Indexes come when all documents have
 * been read back: one that lets documents expire would take some away, and what they counted for could not be told.
 * @throws RefusedError, ArchiveError, and what the server or the reading throws
 */
export async function fill(
  reader: ArchiveReader,
  filling: Filling,
  host: Host,
  loading: Load = load(reader, filling, host),
): Promise<Filled> {
  const { server, database } = filling
  const { collections } = reader.prelude
  const atOnce = server.place.parallel
  const stored = collections.filter(({ type }) => type !== 'view')
  // Some servers answer that they have made a collection which was there.
  const before = new Set((await listNames(server, database)).map(({ name }) => name))
  await eachOf(stored, atOnce, async (collection) => {
    const name = filling.nameOf(collection)
    if (before.has(name)) throw new RefusedError(collection.name, 48, 'somebody has made one of that name meanwhile')
    await createCollection(server, database, collection, name)
    filling.onMade?.(name)
  })
  const loaded = await loading()
  const sums = await eachOf(stored, atOnce, (collection) =>
    sumDocuments(server, database, { ...collection, name: filling.nameOf(collection) }),
  )
  await eachOf(stored, atOnce, (collection) =>
    finishCollection(server, database, collection, filling.nameOf(collection)),
  )
  for (const view of collections.filter(({ type }) => type === 'view')) {
    await createView(server, database, view, filling.nameOf(view))
  }
  const found = new Map(stored.map(({ name }, place) => [name, sums[place] as ContentSum]))
  return {
    found: makeFingerprint(await madeFrom(collections, filling, host), found),
    loaded: makeFingerprint(collections, loaded),
  }
}

/** Puts the documents into the collections, which are there, and says what it has put. */
export type Load = () => Promise<ReadonlyMap<string, ContentSum>>

/** The way without any program. */
function load(reader: ArchiveReader, { server, database, nameOf }: Filling, host: Host): Load {
  return async () => {
    const sums = new ContentSums()
    const viewless = isAtLeast(server.version, VIEWLESS_SERIES)
    await using inserter = new Inserter(server.place.parallel, async (name, documents, { type }) => {
      const series = type === 'timeseries'
      const into = series && !viewless ? BUCKETS + name : name
      await insertDocuments(server, database, into, documents, series && viewless ? { rawData: true } : {})
    })
    for await (const batch of reader.batches()) {
      host.signal.throwIfAborted()
      sums.add(batch)
      await inserter.add(nameOf(batch.collection), batch.collection, batch.documents)
    }
    await inserter.flush()
    return sums.all(reader.prelude.collections)
  }
}

/** As the server lists them now, called what they are going to be called. */
async function madeFrom(collections: readonly Collection[], filling: Filling, host: Host): Promise<Collection[]> {
  const names = new Map(collections.map((collection) => [filling.nameOf(collection), collection.name]))
  return (await listCollections(filling.server, filling.database, host)).flatMap((made) => {
    const name = names.get(made.name)
    return name === undefined ? [] : [{ ...made, name }]
  })
}
