import type { Host } from 'dbvault'
import { identifier } from '../server/identifier.ts'
import type { Server } from '../server/server.ts'
import { Session } from '../server/session.ts'

const CLEANUP_MS = 20_000

/** Removes a database of ours and whoever is connected to it, even when the run was aborted. */
export async function dropDatabase(server: Server, database: string, host: Host): Promise<void> {
  const calm: Host = { ...host, signal: AbortSignal.timeout(CLEANUP_MS) }
  await dropSubscriptions(server, database, calm)
  await using session = await Session.open(server, server.maintenanceDatabase, calm)
  await session.rows(`DROP DATABASE IF EXISTS ${identifier(database)} WITH (FORCE)`)
}

/** A subscription that was restored would keep the database from being dropped. */
async function dropSubscriptions(server: Server, database: string, host: Host): Promise<void> {
  await using session = await Session.open(server, database, host).catch(() => undefined)
  const found = await session?.rows<{ name: string }>(
    `SELECT subname AS name FROM pg_catalog.pg_subscription
     WHERE subdbid = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())`,
  )
  for (const { name } of found ?? []) {
    const subscription = identifier(name)
    await session?.rows(`ALTER SUBSCRIPTION ${subscription} DISABLE`)
    await session?.rows(`ALTER SUBSCRIPTION ${subscription} SET (slot_name = NONE)`)
    await session?.rows(`DROP SUBSCRIPTION ${subscription}`)
  }
}
