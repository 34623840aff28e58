import type { Host, Source } from 'dbvault'
import { loginOf } from './clp/quote.ts'
import type { Flags } from './descriptor.ts'
import { listDatabases } from './instance/database-directory.ts'
import { findInstance } from './instance/instance.ts'
import { isScratchName } from './scratch/scratch-name.ts'

/** Those of the instance on this machine, without what dbvault itself made. */
export async function* databases(source: Source<Flags>, host: Host): AsyncGenerator<string> {
  const login = loginOf(source, host)
  const instance = await findInstance(source.flags, host)
  const entries = await listDatabases({ instance, ...(login && { login }) }, host, 'SOURCE_UNREACHABLE')
  for (const { alias, path } of entries) if (path !== undefined && !isScratchName(alias)) yield alias
}
