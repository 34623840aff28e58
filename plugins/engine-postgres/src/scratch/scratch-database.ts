import type { Host } from 'dbvault'
import { randomBytes } from 'node:crypto'
import { identifier, literal } from '../server/identifier.ts'
import type { Place, Server } from '../server/server.ts'
import { sqlState } from '../server/server-error.ts'
import { Session } from '../server/session.ts'
import { ScratchUnavailable } from './unavailable.ts'

const PREFIX = 'dbvault_scratch_'
const NAME = /^dbvault_scratch_([0-9a-f]{16})$/
const CLEANUP_MS = 20_000

export interface ScratchDatabase extends AsyncDisposable {
  readonly place: Place
}

/**
 * Makes a database to be thrown away. A session that holds an advisory lock stands for the run that uses it: without it
 * the database is what a killed run has left, and a later run removes it.
 * @throws ScratchUnavailable
 */
export async function createScratchDatabase(server: Server, options: string, host: Host): Promise<ScratchDatabase> {
  const id = randomBytes(8).toString('hex')
  const database = PREFIX + id
  const keeper = await Session.open(server, server.maintenanceDatabase, host, 'dbvault scratch')
  const dispose = async (): Promise<void> => {
    try {
      await dropDatabase(server, database, host)
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      host.report({
        kind: 'warning',
        message: `The scratch database ${database} could not be removed now; the next run does: ${why}`,
      })
    } finally {
      await keeper[Symbol.asyncDispose]()
    }
  }
  try {
    await keeper.rows('SELECT pg_catalog.pg_advisory_lock($1)', [keyOf(id).toString()])
    await sweep(keeper, host)
    await keeper.rows(`CREATE DATABASE ${identifier(database)} ${options}`)
    await keeper.rows(
      `COMMENT ON DATABASE ${identifier(database)} IS ${literal('Made by dbvault to prove a backup; removed when that is done')}`,
    )
    await keeper.rows(`REVOKE ALL ON DATABASE ${identifier(database)} FROM PUBLIC`)
    return { place: { server, database }, [Symbol.asyncDispose]: dispose }
  } catch (error) {
    await dispose()
    throw asUnavailable(error)
  }
}

/** Removes a database and whoever is connected to it, even when the run was aborted. */
export async function dropDatabase(server: Server, database: string, host: Host): Promise<void> {
  const calm: Host = { ...host, signal: AbortSignal.timeout(CLEANUP_MS) }
  await using session = await Session.open(server, server.maintenanceDatabase, calm)
  await session.rows(`DROP DATABASE IF EXISTS ${identifier(database)} WITH (FORCE)`)
}

/** Removes the scratch databases of runs that are over. @throws nothing */
export async function sweep(keeper: Session, host: Host): Promise<void> {
  try {
    for (const { name } of await keeper.rows<{ name: string }>(
      `SELECT d.datname AS name FROM pg_catalog.pg_database d WHERE d.datname LIKE ${literal(`${PREFIX.replaceAll('_', '\\_')}%`)}
       AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_activity a WHERE a.datid = d.oid)`,
    )) {
      const id = NAME.exec(name)?.[1]
      if (id === undefined || (await isAlive(keeper, id))) continue
      await keeper.rows(`DROP DATABASE IF EXISTS ${identifier(name)}`)
      host.report({ kind: 'warning', message: `Removed ${name}, the scratch database that a killed run had left` })
    }
  } catch {
    host.signal.throwIfAborted()
    // It belongs to another user, or somebody has just connected to it. The next run tries again.
  }
}

/** In whichever database of the server it was taken, the lock of a living run shows. */
async function isAlive(keeper: Session, id: string): Promise<boolean> {
  const { alive } = await keeper.row<{ alive: boolean }>(
    `SELECT EXISTS (SELECT FROM pg_catalog.pg_locks WHERE locktype = 'advisory' AND objsubid = 1
       AND classid = ((($1::bigint >> 32) & 4294967295)::text)::pg_catalog.oid
       AND objid = (($1::bigint & 4294967295)::text)::pg_catalog.oid) AS alive`,
    [keyOf(id).toString()],
  )
  return alive
}

function keyOf(id: string): bigint {
  return BigInt.asIntN(64, BigInt(`0x${id}`))
}

function asUnavailable(error: unknown): unknown {
  const cause = error instanceof Error ? error.cause : undefined
  const state = sqlState(cause) ?? sqlState(error)
  if (state === '42501' || state === 'SOURCE_DENIED') {
    return new ScratchUnavailable(
      'the user may not make databases on this server',
      ['Allow it: ALTER ROLE … CREATEDB'],
      error,
    )
  }
  if (state === '25006') return new ScratchUnavailable('the server is a standby, which is read-only', [], error)
  if (state === '22023' || state === '42809' || state === '0A000') {
    return new ScratchUnavailable(
      `the database cannot be made there: ${error instanceof Error ? error.message : ''}`,
      [],
      error,
    )
  }
  return error
}
