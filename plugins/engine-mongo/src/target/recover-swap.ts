import type { Host } from 'dbvault'
import { listNames } from '../server/list-collections.ts'
import { removeForGood } from '../server/remove-for-good.ts'
import type { Server } from '../server/server.ts'
import { dropAside } from './drop-aside.ts'
import { SwapJournal, type SwapRecord } from './swap-journal.ts'
import { movedAside, takeBack } from './swap-step.ts'
import { isJournal, isMadeBeside } from './temporary-names.ts'

/**
 * Puts back what a restore has left half replaced that was killed, by its journal; where it had come to its end, drops what
 * that would have dropped. Can be killed as well, and begun again.
 * @throws RESTORE_FAILED when that restore, or whoever puts back what it left, is still at it
 */
export async function recoverSwaps(server: Server, database: string, host: Host): Promise<void> {
  for (const { name } of await listNames(server, database)) {
    if (!isJournal(name)) continue
    const journal = new SwapJournal(server, database, name, host)
    try {
      await recover(journal, await journal.read(), server, database, host)
    } finally {
      journal.leave()
    }
  }
}

async function recover(
  journal: SwapJournal,
  { lease, state, steps = [], isOver }: SwapRecord,
  server: Server,
  database: string,
  host: Host,
): Promise<void> {
  const where = `the database ${JSON.stringify(database)}`
  if (!isOver) {
    throw host.error('RESTORE_FAILED', `Another restore is just putting collections in their places in ${where}`, {
      hints: ['Wait for its end.'],
      retryable: true,
    })
  }
  if ((state === 'begun' || state === 'undoing') && steps.length > 0) {
    try {
      await journal.undoing(lease)
      await removeForGood(() => takeBack(steps, server, database), host.signal)
      await journal.undone()
    } catch (cause) {
      host.signal.throwIfAborted()
      const first: unknown = cause instanceof AggregateError ? cause.errors[0] : cause
      const why = first instanceof Error ? first.message : String(first)
      throw host.error('RESTORE_FAILED', `What a killed restore has left in ${where} could not be put back: ${why}`, {
        hints: ['Nothing of it is lost. Restore again, with --replace, as a user who may do that.'],
        cause,
      })
    }
    host.report({ kind: 'warning', message: `Put back what a killed restore had left half replaced in ${where}` })
  }
  const there = (await listNames(server, database)).map(({ name }) => name)
  const left = state === 'done' ? movedAside(steps).filter((name) => there.includes(name)) : []
  const made = there.filter((name) => isMadeBeside(name, journal.name))
  if (await dropAside(server, database, [...left, ...made], host)) await journal.remove()
}
