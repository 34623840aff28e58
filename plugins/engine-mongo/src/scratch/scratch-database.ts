import type { Host } from 'dbvault'
import { randomBytes } from 'node:crypto'
import { databaseNames } from '../databases.ts'
import type { Place } from '../server/place.ts'
import { removeForGood } from '../server/remove-for-good.ts'
import { Server } from '../server/server.ts'
import { BEAT_MS, isOver, leaseName, ownLease, type Lease } from '../server/lease.ts'
import { SCRATCH_NAME, scratchName } from './scratch-name.ts'
import { ScratchUnavailable } from './unavailable.ts'

const CLEANUP_MS = 30_000

export interface ScratchDatabase extends AsyncDisposable {
  readonly server: Server
  readonly database: string
}

/**
 * Makes a database to be thrown away. A document in it says which process uses it: when that is gone, the database is
 * what a killed run has left, and a later run removes it.
 * @throws ScratchUnavailable, SOURCE_UNREACHABLE
 */
export async function createScratchDatabase(place: Place, host: Host): Promise<ScratchDatabase> {
  const id = randomBytes(8).toString('hex')
  const database = scratchName(id)
  const server = await Server.open(place, host)
  const beat = async (): Promise<void> => {
    const updates = [{ q: { _id: 1 }, u: { _id: 1, ...ownLease(server.now()) }, upsert: true }]
    await server.command(database, { update: leaseName(id), updates })
  }
  const beating = setInterval(() => void beat().catch(() => {}), BEAT_MS)
  beating.unref()
  const dispose = async (): Promise<void> => {
    clearInterval(beating)
    await server[Symbol.asyncDispose]()
    await removeNow(place, database, server.lost, host)
  }
  try {
    await sweep(server, host)
    await beat()
    return { server, database, [Symbol.asyncDispose]: dispose }
  } catch (error) {
    await dispose()
    throw asUnavailable(error)
  }
}

/** Also when the run was aborted. @throws nothing */
async function removeNow(place: Place, database: string, lost: boolean, host: Host): Promise<void> {
  try {
    const calm: Host = { ...host, signal: AbortSignal.timeout(CLEANUP_MS) }
    await using server = await Server.open(place, calm)
    if (lost) await removeForGood(() => removeDatabase(server, database), calm.signal)
    else await removeDatabase(server, database)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    const message = `The scratch database ${database} could not be removed now; the next run does: ${why}`
    host.report({ kind: 'warning', message })
  }
}

/** The lease last: what a killed removal leaves can still be told. Says whether it was there. */
async function removeDatabase(server: Server, database: string): Promise<boolean> {
  const { cursor } = await server.command(database, {
    listCollections: 1,
    nameOnly: true,
    cursor: { batchSize: 10_000 },
  })
  const names = (cursor as { firstBatch: { name: string }[] }).firstBatch.map(({ name }) => name)
  const lease = leaseName(SCRATCH_NAME.exec(database)?.[1] ?? '')
  for (const name of names) {
    if (name !== lease && !name.startsWith('system.')) await server.command(database, { drop: name })
  }
  await server.command(database, { dropDatabase: 1 })
  return names.length > 0
}

/** Removes the scratch databases of runs that are over. @throws the signal's reason only */
async function sweep(server: Server, host: Host): Promise<void> {
  try {
    for (const name of await databaseNames(server)) {
      const id = SCRATCH_NAME.exec(name)?.[1]
      if (id === undefined) continue
      const { cursor } = await server.command(name, { find: leaseName(id), filter: { _id: 1 }, singleBatch: true })
      const [lease] = (cursor as { firstBatch: Lease[] }).firstBatch
      // Without a lease it is not known whose it is.
      if (lease === undefined || !isOver(lease, server.now())) continue
      await removeDatabase(server, name)
      host.report({ kind: 'warning', message: `Removed ${name}, the scratch database that a killed run had left` })
    }
  } catch {
    host.signal.throwIfAborted()
    // It belongs to another user, or this one may not ask. The next run tries again.
  }
}

function asUnavailable(error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code !== 'SOURCE_DENIED') return error
  return new ScratchUnavailable(
    'the user may not make databases on this server',
    ["Allow it: db.getSiblingDB('admin').grantRolesToUser('USER', ['readWriteAnyDatabase'])"],
    error,
  )
}
