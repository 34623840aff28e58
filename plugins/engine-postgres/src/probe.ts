import type { Host, Probe, ScratchChoice, Source } from 'dbvault'
import { audit } from './audit/audit.ts'
import type { Flags } from './descriptor.ts'
import { excludedTables, leftOutFindings } from './exclude/excluded-tables.ts'
import { OF_USER } from './fingerprint/user-objects.ts'
import { scratchPossible } from './scratch/scratch-possible.ts'
import { placeOf } from './server/place.ts'
import { Session } from './server/session.ts'
import { toolsToDump } from './tools/choose-tools.ts'
import { findTools } from './tools/find-tools.ts'

/** The first version with `hashtextextended`, which the fingerprint is made of. */
const OLDEST = 11

export async function probe(source: Source<Flags>, host: Host, scratch?: ScratchChoice): Promise<Probe> {
  host.signal.throwIfAborted()
  const { server, database } = await placeOf(source, host)
  await using session = await Session.open(server, database, host)
  const known = await session.row<{ version: string; bytes: string; system: string }>(`
    SELECT pg_catalog.current_setting('server_version') AS version,
      (SELECT system_identifier::text FROM pg_catalog.pg_control_system()) AS system,
      (SELECT coalesce(pg_catalog.sum(pg_catalog.pg_table_size(c.oid)), 0)::text FROM pg_catalog.pg_class c
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r' AND ${OF_USER}) AS bytes`)
  const major = Number.parseInt(known.version, 10)
  if (major < OLDEST) {
    throw host.error(
      'TOOL_UNSUITABLE',
      `The server is PostgreSQL ${known.version}; ${OLDEST} is the oldest that is supported`,
    )
  }
  const found = await findTools(source.flags['bin-dir'], host)
  const tools = toolsToDump(found, major, host)
  const excluded = await excludedTables(session, source.flags['exclude-table-data'] ?? [], host)
  return {
    label: database,
    // A standby has it from its primary: to dbvault, too, the two are one database.
    identity: `${known.system}/${database}`,
    product: 'PostgreSQL',
    version: known.version.replace(/ .*/, ''),
    tools: { pg_dump: tools.version },
    bytes: Number(known.bytes),
    consistency: 'point-in-time',
    findings: [...(await audit(session)), ...leftOutFindings(excluded)],
    scratch: await scratchPossible(session, { source, found, tools, major }, scratch, host),
  }
}
