import type { Host, Source } from 'dbvault'
import type { Flags } from './descriptor.ts'
import { placeOf } from './server/place.ts'
import { Session } from './server/session.ts'

/** Those that can be connected to, without templates and what dbvault itself made. */
export async function* databases(source: Source<Flags>, host: Host): AsyncGenerator<string> {
  const { server } = await placeOf(source, host)
  await using session = await Session.open(server, server.maintenanceDatabase, host)
  for (const { name } of await session.rows<{ name: string }>(`
    SELECT datname AS name FROM pg_catalog.pg_database
    WHERE datallowconn AND NOT datistemplate AND datname !~ '^dbvault_scratch_[0-9a-f]{16}$' ORDER BY 1`)) {
    yield name
  }
}
