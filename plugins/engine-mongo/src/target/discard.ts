import type { Host } from 'dbvault'
import { listNames } from '../server/list-collections.ts'
import type { Place } from '../server/place.ts'
import { removeForGood } from '../server/remove-for-good.ts'
import { Server } from '../server/server.ts'
import { drop } from './swap-step.ts'

const CLEANUP_MS = 30_000

/** Drops what a restore has made, also when it was aborted. @throws nothing */
export async function discard(place: Place, database: string, names: readonly string[], host: Host): Promise<void> {
  if (names.length === 0) return
  try {
    const calm: Host = { ...host, signal: AbortSignal.timeout(CLEANUP_MS) }
    await using server = await Server.open(place, calm)
    await removeForGood(async () => {
      const there = new Set((await listNames(server, database)).map(({ name }) => name))
      const left = names.filter((name) => there.has(name))
      for (const name of left) await drop(server, database, name)
      return left.length > 0
    }, calm.signal)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    const message = `What the restore had begun in the database ${JSON.stringify(database)} could not be removed, collections whose names begin with dbvault_new_: ${why}`
    host.report({ kind: 'warning', message })
  }
}
