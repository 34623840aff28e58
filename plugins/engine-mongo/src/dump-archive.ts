import type { Fingerprint, Host, Source } from 'dbvault'
import type { Timestamp } from 'mongodb'
import type { Collection } from './archive/collection.ts'
import { dataName } from './archive/read-prelude.ts'
import { ArchiveWriter } from './archive/write-archive.ts'
import type { Flags } from './descriptor.ts'
import { ContentSum } from './fingerprint/content-sum.ts'
import { makeFingerprint, SCHEME } from './fingerprint/fingerprint.ts'
import { countDocuments, readDocuments, sumDocuments } from './server/read-documents.ts'
import { refuseIfShort } from './server/refuse-if-short.ts'
import { takeSnapshot } from './server/snapshot.ts'
import { eachOf, sideBySide } from './side-by-side.ts'
import { openSource, type OpenSource } from './source.ts'

/** Named in archives, where mongodump names itself. */
const TOOL = 'dbvault'
/** What `probe` found possible is still tried when the database has grown meanwhile. */
const SLACK = 1.5

/** The bytes of an archive as mongodump writes it; returns the fingerprint, an empty one if it is not `wanted`. */
export async function* dumpArchive(
  source: Source<Flags>,
  wanted: boolean,
  host: Host,
): AsyncGenerator<Uint8Array, Fingerprint> {
  await using opened = await openSource(source, host, SLACK)
  const { server, database } = opened
  const collections = readable(opened, host)
  const at = await momentOf(opened, collections, host)
  const writer = new ArchiveWriter(database)
  const { version, place } = server
  yield writer.begin({ concurrent: place.parallel, serverVersion: version, toolVersion: TOOL }, collections)

  const separate = wanted && at !== undefined ? readAgain(opened, collections, at) : undefined
  separate?.catch(() => {})
  const sums = new Map<string, ContentSum>()
  const sources = collections.map((collection) => () => read(opened, collection, at, sums, host))
  for await (const event of sideBySide(sources, place.parallel)) {
    const collection = dataName(collections[event.place] as Collection, version)
    if (event.ended) yield writer.end(collection)
    else yield* writer.documents(collection, event.value)
  }
  if (!wanted) return { scheme: SCHEME, collections: [] }
  return makeFingerprint(collections, (await separate) ?? sums)
}

/** What is left out was allowed to be, before. */
function readable({ collections, denied }: OpenSource, host: Host): Collection[] {
  for (const { name } of denied) {
    const message = `Left out, because this user may not read it: the collection ${JSON.stringify(name)}`
    host.report({ kind: 'warning', message })
  }
  return collections.filter((collection) => !denied.includes(collection))
}

async function momentOf(
  { server, database, snapshot }: OpenSource,
  collections: readonly Collection[],
  host: Host,
): Promise<Timestamp | undefined> {
  const first = collections.find(({ type }) => type !== 'view')
  if (!snapshot.possible || first === undefined) return undefined
  return await takeSnapshot(server, database, dataName(first, server.version), host)
}

async function* read(
  { server, database }: OpenSource,
  collection: Collection,
  at: Timestamp | undefined,
  sums: Map<string, ContentSum>,
  host: Host,
): AsyncGenerator<Buffer> {
  if (collection.type === 'view') return
  const before = at === undefined ? await countDocuments(server, database, collection) : 0
  const sum = new ContentSum()
  for await (const documents of readDocuments(server, database, collection, at)) {
    for (const document of documents) sum.add(document)
    yield Buffer.concat(documents)
  }
  if (at === undefined) await refuseIfShort(server, database, collection, before, sum, host)
  sums.set(collection.name, sum)
}

/** A second reading of the same moment: what the first one lost, this one has not. */
async function readAgain(
  { server, database }: OpenSource,
  collections: readonly Collection[],
  at: Timestamp,
): Promise<Map<string, ContentSum>> {
  const stored = collections.filter(({ type }) => type !== 'view')
  const sums = await eachOf(stored, server.place.parallel, (collection) =>
    sumDocuments(server, database, collection, at),
  )
  return new Map(stored.map(({ name }, place) => [name, sums[place] as ContentSum]))
}
