import type { Host, Stored } from 'dbvault'
import { Closing } from '../closing.ts'
import type { RdbHeader, RdbKey } from '../rdb/rdb-walk.ts'
import { keySlot } from '../server/key-slot.ts'
import type { Nodes } from '../server/nodes.ts'
import type { Server } from '../server/server.ts'
import { Session } from '../server/session.ts'
import { Loader, type LoaderOptions } from './loader.ts'
import { loadMembers } from './load-members.ts'
import type { Pair } from './pairs.ts'
import { Staging } from './staging.ts'
import type { Survey } from './survey.ts'
import { undo } from './undo.ts'

export interface Work {
  readonly members: readonly Stored[]
  readonly survey: Survey
  readonly nodes: Nodes
  readonly pairs: readonly Pair[]
  /** Absent: functions are left alone. */
  readonly libraries?: readonly Buffer[]
  /** Databases that hold something that is not in the backup and has to go. */
  readonly others: readonly number[]
  readonly replace: boolean
  readonly own: RdbHeader
  readonly exactTimes: boolean
}

export interface Restored {
  readonly keys: number
  readonly expired: number
}

/** Fills empty databases beside those that are meant, and changes places with them once everything is there. */
export async function throughStaging(work: Work, server: Server, host: Host): Promise<Restored | undefined> {
  await using session = await Session.open(server, host)
  const staging = await Staging.open(session, work.pairs, host)
  if (staging === undefined) return undefined
  try {
    const places = new Map(staging.staged.map((one) => [one.from, one.in]))
    await using loader = await Loader.open(server, optionsOf(work), host)
    const route = ({ database }: RdbKey) => {
      const to = places.get(database)
      return to === undefined ? undefined : { loader, database: to }
    }
    const { expired } = await loadMembers(
      work.members,
      work.survey,
      { route, loaders: [loader], detail: work.survey.fingerprint.streams, begun: [] },
      host,
    )
    await loader.finish()
    await requireSizes(loader, staging, host)
    await staging.swap(work.replace, work.libraries, work.others)
    return { keys: loader.restored, expired: expired + loader.expired }
  } catch (error) {
    await staging[Symbol.asyncDispose]()
    throw error
  }
}

/** @throws RESTORE_FAILED when there is more or less in the databases than was put there */
async function requireSizes(loader: Loader, staging: Staging, host: Host): Promise<void> {
  let keys = 0
  let expiring = 0
  for (const { in: database } of staging.staged) {
    const size = await staging.size(database)
    keys += size.keys
    expiring += size.expiring
  }
  // What expires may be gone by now; nothing else may.
  const lasting = keys - expiring
  if (lasting === loader.restored - loader.expiring && expiring <= loader.expiring + loader.expired) return
  throw host.error('RESTORE_FAILED', `The server has ${keys} keys where ${loader.restored} were restored`, {
    hints: ['Does the server evict keys (maxmemory)? Does somebody else write there?'],
  })
}

/** Into servers that have no database to spare, as a cluster never has: what was restored is taken back when it fails. */
export async function inPlace(work: Work, host: Host): Promise<Restored> {
  const { nodes, members } = work
  const to = new Map(work.pairs.map((pair) => [pair.from, pair.to]))
  const begun: number[] = []
  const loaders = new Map<Server, Loader>()
  await using open = new Closing()
  const ownerOf = ({ name }: RdbKey): Server | undefined => nodes.ownerOf(nodes.cluster ? keySlot(name) : 0)
  try {
    for (const server of nodes.servers) loaders.set(server, open.use(await Loader.open(server, optionsOf(work), host)))
    const route = (key: RdbKey) => {
      const database = to.get(key.database)
      const owner = ownerOf(key)
      const loader = owner && loaders.get(owner)
      return database === undefined || loader === undefined ? undefined : { loader, database }
    }
    const all = [...loaders.values()]
    const { expired } = await loadMembers(
      members,
      work.survey,
      { route, loaders: all, detail: work.survey.fingerprint.streams, begun },
      host,
    )
    for (const loader of all) await loader.finish()
    await loadFunctions(work, host)
    return {
      keys: all.reduce((sum, loader) => sum + loader.restored, 0),
      expired: all.reduce((sum, loader) => sum + loader.expired, expired),
    }
  } catch (error) {
    await open[Symbol.asyncDispose]()
    const owner = (key: RdbKey) => {
      const server = ownerOf(key)
      const loader = server && loaders.get(server)
      return loader && to.has(key.database) ? { server, refused: loader.refused } : undefined
    }
    await undo(members, begun, owner, host)
    throw error
  }
}

/** Every node has all of them. */
async function loadFunctions({ nodes, libraries = [] }: Work, host: Host): Promise<void> {
  const loaded: { server: Server; name: string }[] = []
  try {
    for (const server of libraries.length > 0 ? nodes.servers : []) {
      await using session = await Session.open(server, host)
      for (const code of libraries) loaded.push({ server, name: String(await session.call('FUNCTION', 'LOAD', code)) })
    }
  } catch (error) {
    const cleanup: Host = { ...host, signal: AbortSignal.timeout(CLEANUP_MS) }
    for (const { server, name } of loaded) {
      await using session = await Session.open(server, cleanup)
      await session.call('FUNCTION', 'DELETE', name).catch(() => {})
    }
    throw error
  }
}

const CLEANUP_MS = 20_000

function optionsOf({ survey, own, exactTimes }: Work): LoaderOptions {
  return { header: survey.header, own, detail: survey.fingerprint.streams, exactTimes }
}
