import type { Host, Source } from 'dbvault'
import type { Flags } from './descriptor.ts'
import { SCRATCH_NAME } from './scratch/scratch-name.ts'
import { placeOf } from './server/place.ts'
import { Server } from './server/server.ts'

/** What belongs to the server and not to its users. */
const OF_SERVER = new Set(['admin', 'config', 'local'])

export async function* databases(source: Source<Flags>, host: Host): AsyncGenerator<string> {
  await using server = await Server.open(placeOf(source, host), host)
  const names = await databaseNames(server)
  yield* names.filter((name) => !OF_SERVER.has(name) && !SCRATCH_NAME.test(name))
}

export async function databaseNames(server: Server): Promise<string[]> {
  const { databases: listed } = await server.command('admin', { listDatabases: 1, nameOnly: true })
  return (listed as { name: string }[]).map(({ name }) => name).sort()
}
