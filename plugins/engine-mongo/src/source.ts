import type { Host, Source } from 'dbvault'
import type { Collection } from './archive/collection.ts'
import type { Flags } from './descriptor.ts'
import { unreadable } from './server/audit.ts'
import { listCollections } from './server/list-collections.ts'
import { placeOf, requireDatabase } from './server/place.ts'
import { Server } from './server/server.ts'
import { planSnapshot, type SnapshotPlan } from './server/snapshot.ts'
import { isJournal } from './target/temporary-names.ts'

/** A database that is going to be dumped, and what was found there. */
export interface OpenSource extends AsyncDisposable {
  readonly server: Server
  readonly database: string
  readonly collections: readonly Collection[]
  /** Whether a restore into it has left, or has, a journal. */
  readonly inSwap: boolean
  /** Of the collections those that this user may not read. */
  readonly denied: readonly Collection[]
  /** Undefined where the user may not ask. */
  readonly bytes: number | undefined
  readonly snapshot: SnapshotPlan
}

/** @throws SOURCE_NOT_FOUND, SOURCE_UNREACHABLE, SOURCE_DENIED */
export async function openSource(source: Source<Flags>, host: Host, slack?: number): Promise<OpenSource> {
  host.signal.throwIfAborted()
  const place = placeOf(source, host)
  const database = requireDatabase(place, host)
  const server = await Server.open(place, host)
  try {
    const listed = await listCollections(server, database, host)
    const collections = listed.filter(({ name }) => !isJournal(name))
    if (collections.length === 0) {
      throw host.error('SOURCE_NOT_FOUND', `There is no database ${JSON.stringify(database)} on ${place.name}`, {
        hints: ['A database of MongoDB is there when it has a collection. Its name is case-sensitive.'],
      })
    }
    const denied = await unreadable(server, database, collections, host)
    const bytes = await sizeOf(server, database, host)
    const snapshot = await planSnapshot(server, collections, bytes, source.flags.snapshot ?? 'auto', slack)
    return {
      server,
      database,
      collections,
      inSwap: collections.length < listed.length,
      denied,
      bytes,
      snapshot,
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    }
  } catch (error) {
    await server[Symbol.asyncDispose]()
    throw error
  }
}

async function sizeOf(server: Server, database: string, host: Host): Promise<number | undefined> {
  try {
    const bytes = Number((await server.command(database, { dbStats: 1 }))['dataSize'])
    return Number.isFinite(bytes) ? bytes : undefined
  } catch {
    host.signal.throwIfAborted()
    return undefined
  }
}
