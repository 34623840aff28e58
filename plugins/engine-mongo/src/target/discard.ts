import type { Host } from 'dbvault'
import type { Place } from '../server/place.ts'
import { Server } from '../server/server.ts'
import { drop } from './put-in-place.ts'

const CLEANUP_MS = 30_000

/** Drops what a restore has made, also when it was aborted. @throws nothing */
export async function discard(place: Place, database: string, names: readonly string[], host: Host): Promise<void> {
  try {
    const calm: Host = { ...host, signal: AbortSignal.timeout(CLEANUP_MS) }
    await using server = await Server.open(place, calm)
    const answer = await server.command(database, { listCollections: 1, nameOnly: true, cursor: { batchSize: 10_000 } })
    const there = (answer['cursor'] as { firstBatch: { name: string }[] }).firstBatch.map(({ name }) => name)
    for (const name of names) if (there.includes(name)) await drop(server, database, name)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    const message = `What the restore had begun in the database ${JSON.stringify(database)} could not be removed, collections whose names begin with dbvault_new_: ${why}`
    host.report({ kind: 'warning', message })
  }
}
