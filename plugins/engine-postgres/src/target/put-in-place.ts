import type { Host } from 'dbvault'
import { identifier } from '../server/identifier.ts'
import { nameOf, type Place } from '../server/server.ts'
import { sqlState } from '../server/server-error.ts'
import type { Session } from '../server/session.ts'
import { targetState } from './target-state.ts'

const IN_USE = '55006'

/**
 * Gives a database that was restored the name of the target. Both renames are one transaction, so the name always
 * belongs to one of the two; what had it before is dropped only afterwards. `comment` is run together with it: until
 * then the comment says what the database is.
 * @param replace whether what had the name may hold something; else it is looked into once nobody can reach it by that name
 * @throws TARGET_NOT_EMPTY when it holds something and may not; then it has its name again
 */
export async function putInPlace(
  session: Session,
  { server, database }: Place,
  made: string,
  replaced: string | undefined,
  comment: string | undefined,
  replace: boolean,
  host: Host,
): Promise<void> {
  try {
    await session.rows('BEGIN')
    if (replaced !== undefined) await session.rows(rename(database, replaced))
    await session.rows(rename(made, database))
    await session.rows(comment ?? `COMMENT ON DATABASE ${identifier(database)} IS NULL`)
    await session.rows('COMMIT')
  } catch (error) {
    if (!host.signal.aborted) await session.rows('ROLLBACK').catch(() => {})
    host.signal.throwIfAborted()
    throw notRenamed(error, `${JSON.stringify(database)} on ${nameOf(server)}`, host)
  }
  if (replaced === undefined) return
  try {
    if (!replace && (await targetState({ server, database: replaced }, host)).state === 'occupied') {
      throw await putBack(session, { server, database }, made, replaced, host)
    }
    await session.rows(`DROP DATABASE ${identifier(replaced)} WITH (FORCE)`)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'TARGET_NOT_EMPTY') throw error
    const why = error instanceof Error ? error.message : String(error)
    host.report({
      kind: 'warning',
      message: `What was replaced is still there as the database ${JSON.stringify(replaced)}: ${why}`,
    })
  }
}

/** Somebody has filled an empty database while another one was made to take its place: it is theirs. */
async function putBack(
  session: Session,
  { server, database }: Place,
  made: string,
  replaced: string,
  host: Host,
): Promise<Error> {
  await session.rows('BEGIN')
  await session.rows(rename(database, made))
  await session.rows(rename(replaced, database))
  await session.rows('COMMIT')
  return host.error(
    'TARGET_NOT_EMPTY',
    `The database ${JSON.stringify(database)} on ${nameOf(server)} was filled by somebody else meanwhile`,
    { hints: ['Restore into another database, or replace this one with --replace.'] },
  )
}

const rename = (from: string, to: string): string => `ALTER DATABASE ${identifier(from)} RENAME TO ${identifier(to)}`

function notRenamed(error: unknown, where: string, host: Host): unknown {
  const state = sqlState(error instanceof Error ? error.cause : undefined) ?? sqlState(error)
  if (state === IN_USE || sqlState(error) === IN_USE) {
    return host.error('RESTORE_FAILED', `The database ${where} is in use, and cannot be replaced under its users`, {
      hints: ['Stop what is connected to it, and restore again. See who: SELECT * FROM pg_stat_activity'],
      retryable: true,
      cause: error,
    })
  }
  return error
}
