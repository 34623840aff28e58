import type { Host } from 'dbvault'
import { setTimeout as delay } from 'node:timers/promises'
import { connect, IDLE_SECONDS, type Session } from '../server/session.ts'
import { isServerError } from '../server/server-error.ts'
import type { Login } from '../server/login.ts'

/** How long the server may be stopped from writing, waiting for the lock included, before we do without. */
const LOCK_SECONDS = 1
/** After which the server ends a session that holds the lock and is silent, in seconds: we may have lost it. */
const LOST_SECONDS = 2
const STAND_MS = 60_000

/** Denied, timed out, or not known to a server of this kind. */
const NO_LOCK = [1044, 1045, 1142, 1205, 1227, 1235, 1290, 3024, 1969]

export interface Snapshot extends AsyncDisposable {
  /** In a transaction that sees the moment of the dump, or one just before it. */
  readonly session: Session
  /** Absent where that is exact. Else it sees one just after: what both see alike, the dump has too. */
  readonly after?: Session
  /** For how long nobody could write, waiting for that included. */
  readonly lockedMs: number
}

/**
 * Stops writers for the moment in which our transaction and that of the dump program begin, so that both see the same.
 * Without the right to do so, or when a long statement is in the way, it takes one transaction before and one after.
 * `start` runs the dump program; what it resolves to says that the program has ended or written something.
 */
export async function takeSnapshot(
  control: Session,
  database: string,
  login: Login,
  host: Host,
  start: () => Promise<unknown>,
): Promise<Snapshot> {
  const sessions: Session[] = []
  const open = async (): Promise<Session> => {
    const session = await connect(login, host, database)
    sessions.push(session)
    await session.run('SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ')
    return session
  }
  const begin = async (session: Session): Promise<void> => {
    await session.run('START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY')
    await session.run('SAVEPOINT dbvault')
  }
  try {
    const session = await open()
    const known = new Set((await threads(control, database)).values())
    const began = performance.now()
    let locked = await lock(control)
    let exact = false
    let lockedMs = 0
    try {
      await begin(session)
      const dump = watch(start())
      if (locked) {
        exact = await stands(control, database, known, dump, LOCK_SECONDS * 1_000 - (performance.now() - began))
        await unlock(control)
        locked = false
        lockedMs = performance.now() - began
      }
      if (!exact && !(await stands(control, database, known, dump, STAND_MS))) {
        throw host.error('DUMP_FAILED', 'The dump program has begun no transaction within a minute', {
          retryable: true,
        })
      }
    } finally {
      if (locked) await unlock(control)
    }
    let after: Session | undefined
    if (!exact) {
      after = await open()
      await begin(after)
    }
    return { session, ...(after && { after }), lockedMs, [Symbol.asyncDispose]: close }
  } catch (error) {
    await close()
    throw error
  }

  async function close(): Promise<void> {
    await Promise.all(sessions.map((session) => session[Symbol.asyncDispose]()))
  }
}

async function lock(control: Session): Promise<boolean> {
  await control.run(`SET SESSION lock_wait_timeout = ${LOCK_SECONDS}, wait_timeout = ${LOST_SECONDS}`)
  try {
    await control.run('FLUSH TABLES WITH READ LOCK')
    return true
  } catch (error) {
    if (!isServerError(error) || !NO_LOCK.includes(error.errno ?? 0)) throw error
    await patient(control)
    return false
  }
}

async function unlock(control: Session): Promise<void> {
  await control.run('UNLOCK TABLES')
  await patient(control)
}

async function patient(control: Session): Promise<void> {
  await control.run(`SET SESSION lock_wait_timeout = ${control.login.lockSeconds}, wait_timeout = ${IDLE_SECONDS}`)
}

interface Watched {
  readonly settled: () => boolean
  /** Rejects with what the dump was ended by. */
  readonly outcome: Promise<unknown>
}

function watch(outcome: Promise<unknown>): Watched {
  let settled = false
  const done = (): void => void (settled = true)
  outcome.then(done, done)
  return { settled: () => settled, outcome }
}

/** The program names the database only after its transaction has begun; so a new thread that has it shows that. */
async function stands(
  control: Session,
  database: string,
  known: ReadonlySet<number>,
  dump: Watched,
  patienceMs: number,
): Promise<boolean> {
  const deadline = performance.now() + patienceMs
  while (performance.now() < deadline) {
    if (dump.settled()) {
      await dump.outcome
      return true
    }
    if ([...(await threads(control, database))].some((id) => !known.has(id))) return true
    await delay(1)
  }
  return false
}

/** Sessions of this user that have the database as theirs. Everyone may see their own. */
async function threads(control: Session, database: string): Promise<Set<number>> {
  const rows = await control.rows('SHOW PROCESSLIST')
  const own = rows.find((row) => Number(row['Id']) === control.id)?.['User']
  const found = rows.filter((row) => row['db'] === database && row['User'] === own)
  return new Set(found.map((row) => Number(row['Id'])))
}
