import type { ErrorCode, Host } from 'dbvault'
import { isDeepStrictEqual } from 'node:util'
import { clpError } from '../clp/clp-error.ts'
import { runClp, type Session } from '../clp/run-clp.ts'
import { hasFailed, rowsOf, type Transcript } from '../clp/transcript.ts'
import { connectStatements, factsOf, FACT_STATEMENTS, type Facts } from '../instance/facts.ts'
import { SCHEME, type Db2Fingerprint } from './fingerprint.ts'
import { rowStatement } from './row-statement.ts'
import { CATALOG_STATEMENTS, catalogOf, type Catalog } from './tables.ts'

/** What is known of a database before its rows are read. */
export interface Survey {
  readonly facts: Facts
  readonly catalog: Catalog
}

/** @throws `code`, what the messages of Db2 mean */
export async function survey(
  database: string,
  lockTimeout: number,
  session: Session,
  host: Host,
  code: ErrorCode,
): Promise<Survey> {
  const transcript = await runClp(surveyStatements(database, lockTimeout, session), session, host)
  if (hasFailed(transcript)) throw clpError(host, transcript, `The database ${database} could not be looked at`, code)
  return surveyOf(transcript, host, code)
}

export function surveyStatements(database: string, lockTimeout: number, { login }: Pick<Session, 'login'>): string[] {
  return [...connectStatements(database, login, lockTimeout), ...FACT_STATEMENTS, ...CATALOG_STATEMENTS]
}

/** @throws `code` */
export function surveyOf(transcript: Transcript, host: Host, code: ErrorCode): Survey {
  const facts = factsOf(transcript, host, code)
  return { facts, catalog: catalogOf(transcript, facts, host) }
}

/** Reads what was surveyed: to be run by whoever has the connection. The catalog is read again, since it may have changed. */
export function fingerprintStatements({ catalog, facts }: Survey): string[] {
  return [...CATALOG_STATEMENTS, ...catalog.tables.map((table, place) => rowStatement(table, place, facts.digests))]
}

/** @throws `code`, and retryably when tables were made or altered since the survey */
export function fingerprintOf(
  transcript: Transcript,
  { facts, catalog }: Survey,
  host: Host,
  code: ErrorCode,
): Db2Fingerprint {
  const now = catalogOf(transcript, facts, host)
  if (!isDeepStrictEqual(now.tables, catalog.tables)) {
    throw host.error(code, 'Tables were made, altered or dropped while the database was looked at', { retryable: true })
  }
  const rows = new Map<string, readonly string[]>()
  for (const [kind, place = '', ...rest] of rowsOf(transcript)) if (kind === 'rows') rows.set(place, rest)
  const tables = catalog.tables.map(({ schema, name, columns }, place) => {
    const [count, digest] = rows.get(String(place)) ?? []
    if (count === undefined || !/^\d+\.?$/.test(count)) {
      throw host.error(code, `The rows of ${schema}.${name} were not counted`)
    }
    return {
      name: `${schema}.${name}`,
      columns: columns.length,
      rows: whole(count),
      ...(facts.digests && digest !== undefined ? { digest: whole(digest) } : {}),
    }
  })
  return { scheme: SCHEME, digested: facts.digests, tables, objects: now.objects }
}

/** A survey and its fingerprint, in sessions of their own. @throws `code` */
export async function readFingerprint(
  database: string,
  lockTimeout: number,
  session: Session,
  host: Host,
  code: ErrorCode,
): Promise<Db2Fingerprint> {
  const found = await survey(database, lockTimeout, session, host, code)
  return await readAgain(database, found, lockTimeout, session, host, code)
}

export async function readAgain(
  database: string,
  found: Survey,
  lockTimeout: number,
  session: Session,
  host: Host,
  code: ErrorCode,
): Promise<Db2Fingerprint> {
  const statements = [...connectStatements(database, session.login, lockTimeout), ...fingerprintStatements(found)]
  const transcript = await runClp(statements, session, host)
  if (hasFailed(transcript)) throw clpError(host, transcript, `The rows of ${database} could not be counted`, code)
  return fingerprintOf(transcript, found, host, code)
}

/** A decimal number may be printed with its point. */
function whole(text: string): string {
  return text.replace(/\.$/, '')
}
