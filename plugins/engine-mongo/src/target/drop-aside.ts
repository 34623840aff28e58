import type { Host } from 'dbvault'
import type { Server } from '../server/server.ts'
import { drop } from './swap-step.ts'

/**
 * Drops what a swap has left over, when it is done, and says whether all is gone. What cannot be dropped is told, and stays
 * for the next restore. @throws nothing
 */
export async function dropAside(
  server: Server,
  database: string,
  names: readonly string[],
  host: Host,
): Promise<boolean> {
  let allGone = true
  for (const name of names) {
    await drop(server, database, name).catch((error: unknown) => {
      allGone = false
      const why = error instanceof Error ? error.message : String(error)
      host.report({ kind: 'warning', message: `The replaced collection ${name} could not be dropped: ${why}` })
    })
  }
  return allGone
}
