import type { Host } from 'dbvault'
import type { Place } from '../server/place.ts'
import { removeForGood } from '../server/remove-for-good.ts'
import { Server } from '../server/server.ts'
import { SwapJournal } from './swap-journal.ts'
import { takeBack, type Step } from './swap-step.ts'
import { isMovedAside } from './temporary-names.ts'

const PATIENCE_MS = 60_000

interface Begun {
  readonly place: Place
  readonly database: string
  /** Its name. */
  readonly journal: string
}

/**
 * Takes the steps of a swap back, over a connection of its own: that of the swap may be what has failed. Without steps, only
 * what may have been written of the journal goes.
 * @throws RESTORE_FAILED, naming what is where, when any of them could not be taken back
 */
export async function undoSwap(
  steps: readonly Step[],
  { place, database, journal: name }: Begun,
  reason: unknown,
  outer: Host,
): Promise<void> {
  const host: Host = { ...outer, signal: AbortSignal.timeout(PATIENCE_MS) }
  try {
    await using server = await outer.retry('putting it back', () => Server.open(place, host), host.signal)
    const journal = new SwapJournal(server, database, name, outer)
    if (steps.length > 0) {
      await journal.undoing()
      await removeForGood(() => takeBack(steps, server, database), host.signal)
    }
    await journal.removeForGood(host.signal)
  } catch (error) {
    if (steps.length === 0) return // What was written of a journal without steps is no more than litter.
    throw outer.error(
      'RESTORE_FAILED',
      `The restore failed while it put the collections in their places, and the database ${JSON.stringify(database)} could not be made what it was: ${said(reason)}`,
      { hints: waysOut(steps), cause: new AggregateError([reason, error]) },
    )
  }
}

function waysOut(steps: readonly Step[]): string[] {
  const aside = steps.flatMap((step) =>
    step.kind === 'move' && isMovedAside(step.to)
      ? [`If it is there, ${JSON.stringify(step.to)} is ${JSON.stringify(step.from)} as it was: rename it.`]
      : [],
  )
  return ['Nothing that was there is lost. The next restore with --replace first puts it back.', ...aside]
}

const said = (error: unknown): string => (error instanceof Error ? error.message : String(error))
