import type { Host } from 'dbvault'
import { nameOf } from './server.ts'
import type { Session } from './session.ts'

/** @throws SOURCE_NOT_FOUND when the server has no logical database of that number */
export async function requireDatabase(session: Session, database: number, host: Host): Promise<void> {
  try {
    await session.call('SELECT', database)
    await session.call('SELECT', 0)
  } catch (error) {
    host.signal.throwIfAborted()
    if (!(error instanceof Error)) throw error
    // Whoever may not choose a database cannot be told more than by the dump itself.
    if (/NOPERM/.test(error.message)) return
    if (!/out of range|SELECT is not allowed|invalid DB index/i.test(error.message)) throw error
    throw host.error(
      'SOURCE_NOT_FOUND',
      `The Redis server ${nameOf(session.server)} has no logical database ${database}`,
      {
        hints: ['All of them: --database all'],
        cause: error,
      },
    )
  }
}
