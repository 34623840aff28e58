import type { Host } from 'dbvault'
import { qualified } from '../server/identifier.ts'
import type { Place } from '../server/server.ts'
import { Session } from '../server/session.ts'
import type { PostgresFingerprint } from './fingerprint.ts'
import { readDefinitions } from './read-definitions.ts'
import { readFingerprint } from './read-fingerprint.ts'
import { readSequences } from './read-sequences.ts'

/** Of a database that was restored, and that nobody else uses. */
export async function fingerprintOf({ server, database }: Place, host: Host): Promise<PostgresFingerprint> {
  await using session = await Session.open(server, database, host)
  await session.rows('BEGIN ISOLATION LEVEL REPEATABLE READ')
  return await fingerprintIn(session)
}

/** The same in a transaction of the session, which is left as it was. */
export async function fingerprintIn(session: Session): Promise<PostgresFingerprint> {
  await session.rows('SAVEPOINT fingerprint')
  const definitions = await readDefinitions(session)
  await seeAllRows(session)
  const sequences = await readSequences(session)
  const found = await readFingerprint(session, sequences, async () => sequences, { definitions })
  await session.rows('ROLLBACK TO fingerprint')
  return found
}

/** Row-level security that is forced holds for the owner as well, who has restored the table just now. */
async function seeAllRows(session: Session): Promise<void> {
  const forced = await session.rows<{ schema: string; name: string }>(
    `SELECT n.nspname AS schema, c.relname AS name FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relforcerowsecurity AND pg_catalog.row_security_active(c.oid)`,
  )
  for (const { schema, name } of forced)
    await session.rows(`ALTER TABLE ${qualified(schema, name)} NO FORCE ROW LEVEL SECURITY`)
}
