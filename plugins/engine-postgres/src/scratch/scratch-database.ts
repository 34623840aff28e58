import type { Host } from 'dbvault'
import { identifier, literal } from '../server/identifier.ts'
import type { Place, Server } from '../server/server.ts'
import { sqlState } from '../server/server-error.ts'
import { holdRunLock } from '../server/run-lock.ts'
import { Session } from '../server/session.ts'
import { dropDatabase } from './drop-database.ts'
import { SCRATCH, sweep } from './sweep.ts'
import { ScratchUnavailable } from './unavailable.ts'

export interface ScratchDatabase extends AsyncDisposable {
  readonly place: Place
}

/**
 * Makes a database to be thrown away. A session that holds an advisory lock stands for the run that uses it: without it
 * the database is what a killed run has left, and a later run removes it.
 * @throws ScratchUnavailable
 */
export async function createScratchDatabase(server: Server, options: string, host: Host): Promise<ScratchDatabase> {
  const keeper = await Session.open(server, server.maintenanceDatabase, host, 'dbvault scratch')
  let database: string | undefined
  const dispose = async (): Promise<void> => {
    try {
      if (database !== undefined) await dropDatabase(server, database, host)
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
    database = SCRATCH + (await holdRunLock(keeper))
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
