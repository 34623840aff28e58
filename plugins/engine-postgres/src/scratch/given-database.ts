import type { Host } from 'dbvault'
import type { TableOfContents } from '../archive/table-of-contents.ts'
import { fingerprintIn } from '../fingerprint/fingerprint-of.ts'
import { notOfExtension, OF_USER } from '../fingerprint/user-objects.ts'
import { identifier } from '../server/identifier.ts'
import { nameOf, type Place } from '../server/server.ts'
import { Session } from '../server/session.ts'
import { databaseOptions } from '../archive/database-options.ts'
import type { RestoreWay } from '../tools/choose-tools.ts'
import { restoreThrough } from '../tools/run-restore.ts'
import type { OpenScratch } from './scratch.ts'
import { ScratchUnavailable } from './unavailable.ts'

/** Of "dbvault": whoever proves in a database that was given holds it, one after the other. */
const LOCK = '28254552763493492'

/**
 * An empty database that somebody made for proofs, of a user who may make none. All is done in one transaction that is
 * never committed: it is empty again afterwards, even when this is killed.
 * @throws ScratchUnavailable
 */
export async function openGivenDatabase(
  { server, database }: Place,
  contents: TableOfContents,
  way: RestoreWay,
  host: Host,
): Promise<OpenScratch> {
  const session = await Session.open(server, database, host)
  const dispose = async (): Promise<void> => {
    await session.rows('ROLLBACK').catch(() => {})
    await session[Symbol.asyncDispose]()
  }
  try {
    await session.rows('BEGIN; SET LOCAL lock_timeout = 0')
    await session.rows(`SELECT pg_catalog.pg_advisory_xact_lock(${LOCK})`)
    await refuseUnlessEmpty(session, server.user)
    await refuseOtherEncoding(session, contents)
    return {
      async fill(opened) {
        const options = { relations: true, eventTriggers: true, owners: false, privileges: false, inTransaction: true }
        await restoreThrough(session, opened, way, options, host)
        return await fingerprintIn(session)
      },
      [Symbol.asyncDispose]: dispose,
    }
  } catch (error) {
    await dispose()
    throw error
  }
}

/** Extensions may be there: often only an administrator can make them. @throws ScratchUnavailable */
export async function refuseUnlessEmpty(session: Session, user: string): Promise<void> {
  const { things } = await session.row<{ things: number }>(`SELECT
    (SELECT pg_catalog.count(*)::int FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE ${OF_USER} AND ${notOfExtension('pg_class', 'c.oid')})
    + (SELECT pg_catalog.count(*)::int FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
      WHERE ${OF_USER} AND ${notOfExtension('pg_proc', 'p.oid')})
    + (SELECT pg_catalog.count(*)::int FROM pg_catalog.pg_largeobject_metadata) AS things`)
  if (things === 0) return
  throw new ScratchUnavailable(
    `the user may not make databases on ${nameOf(session.server)}, and the database ${JSON.stringify(session.database)} there is not empty`,
    [`Name an empty database, or allow it: ALTER ROLE ${identifier(user)} CREATEDB;`],
  )
}

async function refuseOtherEncoding(session: Session, contents: TableOfContents): Promise<void> {
  const different = await differentEncoding(session, contents)
  if (different === undefined) return
  throw new ScratchUnavailable(`the database ${JSON.stringify(session.database)} is in ${different}`, [
    `Make it so: CREATE DATABASE … ${databaseOptions(contents, Infinity)}`,
  ])
}

/** Says so when the database that a session is in has another encoding than the dumped one. */
export async function differentEncoding(session: Session, contents: TableOfContents): Promise<string | undefined> {
  const wanted = /\bENCODING = '([^']*)'/.exec(databaseOptions(contents, Infinity))?.[1]
  const { encoding } = await session.row<{ encoding: string }>(
    `SELECT pg_catalog.pg_encoding_to_char(encoding) AS encoding FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()`,
  )
  return wanted === undefined || wanted === encoding ? undefined : `${encoding}, and the dumped one in ${wanted}`
}
