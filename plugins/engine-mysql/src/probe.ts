import type { Host, Probe, ScratchChoice, Source } from 'dbvault'
import { audit } from './audit/audit.ts'
import type { Flags } from './descriptor.ts'
import { readTables } from './fingerprint/read-objects.ts'
import { scratchPossible } from './scratch/scratch-possible.ts'
import { factsOf } from './server/facts.ts'
import { databaseOf, loginOf } from './server/login.ts'
import { nameOnServer } from './server/name-on-server.ts'
import { serverError } from './server/server-error.ts'
import { connect } from './server/session.ts'
import { findTool } from './tool/find-tools.ts'

export async function probe(
  source: Source<Flags>,
  host: Host,
  scratch: ScratchChoice = { mode: 'auto' },
): Promise<Probe> {
  host.signal.throwIfAborted()
  const named = databaseOf(source, host)
  await using session = await connect(await loginOf(source, host), host, named)
  try {
    const database = await nameOnServer(session, named)
    const facts = await factsOf(session)
    const dump = await findTool('dump', facts.vendor, source.flags, host)
    const client = await findTool('client', facts.vendor, source.flags, host)
    const tables = await readTables(session, database)
    return {
      label: database,
      product: facts.vendor,
      version: facts.version,
      tools: { [dump.path]: dump.version, [client.path]: client.version },
      bytes: tables.reduce((sum, { bytes }) => sum + bytes, 0),
      consistency: 'point-in-time',
      findings: await audit(session, database, facts, tables, dump),
      scratch: await scratchPossible(session, database, facts, source, scratch, host),
    }
  } catch (error) {
    throw serverError(host, session.login, error)
  }
}
