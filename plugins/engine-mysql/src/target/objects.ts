import type { Host } from 'dbvault'
import { readEvents, readRoutines, readTriggers, readViews, type Definition } from '../fingerprint/read-definitions.ts'
import { readTables } from '../fingerprint/read-objects.ts'
import type { Login } from '../server/login.ts'
import { literal, name, shown } from '../server/quote.ts'
import { isServerError } from '../server/server-error.ts'
import { connect, type Session } from '../server/session.ts'

/** What a database holds beside tables: all that cannot be renamed into another one. */
export interface Objects {
  /** Tables and sequences, which can. */
  readonly tables: readonly string[]
  readonly definitions: readonly Definition[]
}

export async function readObjects(session: Session, database: string): Promise<Objects> {
  await session.run(`USE ${name(database)}`)
  const all = await readTables(session, database)
  const views = all.filter(({ kind }) => kind === 'view').map((view) => view.name)
  return {
    tables: all.filter(({ kind }) => kind !== 'view').map((table) => table.name),
    definitions: [
      ...(await readRoutines(session, database)),
      ...(await readViews(session, database, views)),
      ...(await readTriggers(session, database)),
      ...(await readEvents(session, database, 'all')),
    ],
  }
}

export async function dropObjects(
  session: Session,
  database: string,
  definitions: readonly Pick<Definition, 'kind' | 'name'>[],
): Promise<void> {
  await session.run(`USE ${name(database)}`)
  // The body of a package goes with it, and may be gone already.
  for (const one of definitions.toReversed()) {
    await session.run(`DROP ${one.kind.toUpperCase()} IF EXISTS ${name(one.name)}`)
  }
}

/**
 * Makes the objects as they were made first: under the same modes, character set and time zone. One that cannot be made
 * keeps no other from being made: it is thrown in the end, unless it was broken before.
 */
export async function createObjects(
  login: Login,
  database: string,
  definitions: readonly Definition[],
  host: Host,
): Promise<void> {
  const sessions = new Map<string, Session>()
  try {
    let left = definitions
    while (left.length > 0) {
      const failed: { one: Definition; error: unknown }[] = []
      for (const one of left) {
        try {
          await create(await sessionFor(one), database, one)
        } catch (error) {
          // Such as a view of another view that has its turn later.
          if (!isServerError(error)) throw error
          failed.push({ one, error })
        }
      }
      if (failed.length === left.length) {
        const whole = failed.find(({ one }) => !one.broken)
        if (whole) throw whole.error
        for (const { one } of failed) tell(one)
        return
      }
      left = failed.map(({ one }) => one)
    }
  } finally {
    await Promise.all([...sessions.values()].map((session) => session[Symbol.asyncDispose]()))
  }

  function tell({ kind, name: object, sql }: Definition): void {
    const message = `The ${kind} ${shown(object)} uses what was not there already before, and could not be put back: ${sql}`
    host.report({ kind: 'warning', message })
  }

  async function sessionFor({ settings }: Definition): Promise<Session> {
    const charset = settings.charset ?? 'utf8mb4'
    const session = sessions.get(charset) ?? (await connect(login, host, database, charset))
    sessions.set(charset, session)
    return session
  }
}

async function create(session: Session, database: string, { sql, settings }: Definition): Promise<void> {
  const { sqlMode = '', collation, timeZone, databaseCollation } = settings
  await session.run(`SET SESSION sql_mode = ${literal(sqlMode)}, time_zone = ${literal(timeZone ?? '+00:00')}`)
  if (collation !== undefined) await session.run(`SET SESSION collation_connection = ${collation}`)
  const own = databaseCollation === undefined ? undefined : await session.value('SELECT @@collation_database')
  if (own === undefined || own === databaseCollation) return await session.run(sql)
  await session.run(`ALTER DATABASE ${name(database)} COLLATE ${String(databaseCollation)}`)
  try {
    await session.run(sql)
  } finally {
    await session.run(`ALTER DATABASE ${name(database)} COLLATE ${String(own)}`)
  }
}
