import type { Host } from 'dbvault'
import type { Timestamp } from 'mongodb'
import { isCapped, type Collection } from '../archive/collection.ts'
import { isAtLeast } from '../archive/archive-format.ts'
import type { Server } from './server.ts'

export type SnapshotChoice = 'auto' | 'always' | 'never'

export type SnapshotPlan = { readonly possible: true } | { readonly possible: false; readonly why: string }

/** The first server that reads at one point in time outside of transactions: 5.0. */
const WIRE_VERSION = 13
/** The first one that does so in capped collections. */
const CAPPED = [8, 0] as const
/** What a server does when nobody tells it otherwise. Seconds. */
const DEFAULT_WINDOW = 300
/** How fast a dump is at least expected to be, in bytes a second: the history has to reach as far as it takes. */
const PACE = 10_000_000

/**
 * Whether all of a database can be read at one point in time. `slack` above 1 makes the limit wider: what was found
 * possible is not to be found impossible a moment later, because the database has grown by a few bytes.
 */
export async function planSnapshot(
  server: Server,
  collections: readonly Collection[],
  bytes: number | undefined,
  choice: SnapshotChoice,
  slack = 1,
): Promise<SnapshotPlan> {
  const { setName, msg, maxWireVersion } = server.greeting
  if (choice === 'never') return { possible: false, why: 'it was not asked for' }
  if (setName === undefined && msg !== 'isdbgrid') {
    return { possible: false, why: 'the server is not a member of a replica set' }
  }
  if (maxWireVersion < WIRE_VERSION)
    return { possible: false, why: `MongoDB ${server.version} cannot; 5.0 is the first that can` }
  const capped = collections.find(isCapped)
  if (capped && !isAtLeast(server.version, CAPPED)) {
    return {
      possible: false,
      why: `MongoDB ${server.version} cannot in capped collections, such as ${JSON.stringify(capped.name)}`,
    }
  }
  if (choice === 'always') return { possible: true }
  const window = await historyWindow(server)
  if (bytes === undefined || bytes / PACE > window * slack) {
    const size = bytes === undefined ? 'of unknown size' : `of ${Math.ceil(bytes / 1e9)} GB`
    return {
      possible: false,
      why: `a database ${size} may take longer than the ${window} s for which the server keeps its history`,
    }
  }
  return { possible: true }
}

async function historyWindow(server: Server): Promise<number> {
  try {
    const answer = await server.command('admin', { getParameter: 1, minSnapshotHistoryWindowInSeconds: 1 })
    const seconds = Number(answer['minSnapshotHistoryWindowInSeconds'])
    return Number.isFinite(seconds) ? seconds : DEFAULT_WINDOW
  } catch {
    return DEFAULT_WINDOW
  }
}

/** The point in time that everything is read at from now on. */
export async function takeSnapshot(
  server: Server,
  database: string,
  collection: string,
  host: Host,
): Promise<Timestamp> {
  const answer = await server.command(database, {
    find: collection,
    limit: 1,
    singleBatch: true,
    projection: { _id: 1 },
    readConcern: { level: 'snapshot' },
  })
  const cursor = answer['cursor'] as { atClusterTime?: Timestamp } | undefined
  if (cursor?.atClusterTime === undefined) {
    throw host.error('DUMP_FAILED', `The server ${server.place.name} reads at no point in time that it would name`, {
      hints: ['Dump without it: --mongo-snapshot never'],
    })
  }
  return cursor.atClusterTime
}
