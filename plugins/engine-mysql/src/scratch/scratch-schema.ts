import type { Host } from 'dbvault'
import { randomBytes } from 'node:crypto'
import { factsOf } from '../server/facts.ts'
import type { Login } from '../server/login.ts'
import { name } from '../server/quote.ts'
import { takeLock } from '../server/named-lock.ts'
import { startPulse } from '../server/pulse.ts'
import { connect } from '../server/session.ts'
import type { Place } from './place.ts'
import { sweep } from './sweep.ts'

const NO_BINARY_LOG = 'SET SESSION sql_log_bin = 0'

export interface ScratchSchema extends Place {
  /** The end of the names of all that this run makes on the server. */
  readonly id: string
}

/**
 * A database of our own on the user's server. A lock of the same name is held for as long as the run lives: a database
 * of such a name whose lock is free was left by a run that was killed, and is dropped here.
 * `replicated`: whether it may go to replicas. What is only to be compared must not.
 */
export async function scratchSchema(
  kind: 'scratch' | 'restore',
  login: Login,
  outer: Host,
  { replicated }: { readonly replicated: boolean },
): Promise<ScratchSchema> {
  const pulse = startPulse(login, outer, kind === 'scratch' ? 'PROOF_UNFINISHED' : 'SOURCE_UNREACHABLE')
  const host: Host = { ...outer, signal: AbortSignal.any([outer.signal, pulse.signal]) }
  const session = await connect(login, host).catch(async (error: unknown) => {
    await pulse[Symbol.asyncDispose]()
    throw error
  })
  const id = randomBytes(6).toString('hex')
  const database = `dbvault_${kind}_${id}`
  const drop = async (): Promise<void> => {
    // The run's own signal may be dead, and its connection busy.
    const patience = pulse.signal.aborted ? 3_000 : 30_000
    const cleanup: Host = { ...host, signal: AbortSignal.timeout(patience) }
    await pulse[Symbol.asyncDispose]()
    await session[Symbol.asyncDispose]()
    try {
      await using cleaner = await connect(login, cleanup)
      if (!replicated) await cleaner.run(NO_BINARY_LOG).catch(() => {})
      await cleaner.run(`DROP DATABASE IF EXISTS ${name(database)}`)
    } catch {
      // Why the server cannot be reached is said by what failed before.
      const message = `The database ${database} could not be dropped; the next run that uses this server removes it`
      host.report({ kind: 'warning', message })
    }
  }
  try {
    const facts = await factsOf(session)
    const silent = facts.binaryLog && !replicated
    await sweep(session, facts, host)
    if (silent) await session.run(NO_BINARY_LOG)
    await takeLock(session, database)
    await session.run(`CREATE DATABASE ${name(database)}`)
    return {
      id,
      session,
      facts,
      host,
      silence: pulse.signal,
      database,
      preamble: silent ? `${NO_BINARY_LOG};\n` : '',
      own: false,
      [Symbol.asyncDispose]: drop,
    }
  } catch (error) {
    await pulse[Symbol.asyncDispose]()
    await session[Symbol.asyncDispose]()
    throw error
  }
}
