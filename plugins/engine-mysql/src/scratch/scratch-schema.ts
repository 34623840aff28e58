import type { Host } from 'dbvault'
import { randomBytes } from 'node:crypto'
import { factsOf } from '../server/facts.ts'
import type { Login } from '../server/login.ts'
import { literal, name } from '../server/quote.ts'
import { isServerError } from '../server/server-error.ts'
import { connect, type Session } from '../server/session.ts'
import type { Place } from './place.ts'

/** The names of databases that only we make, and may drop when their maker is gone. */
export const SCRATCH_NAME = /^dbvault_(?:scratch|restore)_[0-9a-f]{12}$/

const NO_BINARY_LOG = 'SET SESSION sql_log_bin = 0'

/**
 * A database of our own on the user's server. A lock of the same name is held for as long as the run lives: a database
 * of such a name whose lock is free was left by a run that was killed, and is dropped here.
 * `replicated`: whether it may go to replicas. What is only to be compared must not.
 */
export async function scratchSchema(
  kind: 'scratch' | 'restore',
  login: Login,
  host: Host,
  { replicated }: { readonly replicated: boolean },
): Promise<Place> {
  const session = await connect(login, host)
  const database = `dbvault_${kind}_${randomBytes(6).toString('hex')}`
  const drop = async (): Promise<void> => {
    // The run's own signal may be dead, and its connection busy.
    const cleanup: Host = { ...host, signal: AbortSignal.timeout(30_000) }
    await session[Symbol.asyncDispose]()
    await using cleaner = await connect(login, cleanup)
    if (!replicated) await cleaner.run(NO_BINARY_LOG).catch(() => {})
    await cleaner.run(`DROP DATABASE IF EXISTS ${name(database)}`)
  }
  try {
    const facts = await factsOf(session)
    const silent = facts.binaryLog && !replicated
    if (silent) await session.run(NO_BINARY_LOG)
    await sweep(session, host)
    await session.value(`SELECT GET_LOCK(${literal(database)}, 0)`)
    await session.run(`CREATE DATABASE ${name(database)}`)
    return {
      session,
      facts,
      database,
      preamble: silent ? `${NO_BINARY_LOG};\n` : '',
      events: false,
      [Symbol.asyncDispose]: drop,
    }
  } catch (error) {
    await session[Symbol.asyncDispose]()
    throw error
  }
}

/** Drops what killed runs have left. Whoever may not drop it leaves it to others. */
async function sweep(session: Session, host: Host): Promise<void> {
  const rows = await session.rows(
    "SELECT SCHEMA_NAME n FROM information_schema.SCHEMATA WHERE SCHEMA_NAME LIKE 'dbvault%'",
  )
  for (const row of rows) {
    const database = String(row['n'])
    if (!SCRATCH_NAME.test(database)) continue
    if (Number(await session.value(`SELECT GET_LOCK(${literal(database)}, 0)`)) !== 1) continue
    try {
      await session.run(`DROP DATABASE IF EXISTS ${name(database)}`)
      host.report({ kind: 'warning', message: `Removed ${database}, which a run that was killed had left` })
    } catch (error) {
      if (!isServerError(error)) throw error
    } finally {
      await session.value(`SELECT RELEASE_LOCK(${literal(database)})`)
    }
  }
}
