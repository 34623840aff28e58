import type { Host } from 'dbvault'
import type { Collection } from '../archive/collection.ts'
import type { Place } from '../server/place.ts'
import { Server } from '../server/server.ts'
import { dropAside } from './drop-aside.ts'
import { SwapJournal } from './swap-journal.ts'
import { carryOut, movedAside, type Step } from './swap-step.ts'
import type { TemporaryNames } from './temporary-names.ts'
import { undoSwap } from './undo-swap.ts'

const PATIENCE_MS = 10 * 60_000

export interface Swap {
  readonly place: Place
  readonly database: string
  readonly names: TemporaryNames
  /** What was there and has to go. */
  readonly old: readonly Omit<Collection, 'indexes'>[]
  /** What was made, and under which name it stands. */
  readonly made: readonly { readonly collection: Collection; readonly from: string }[]
}

/**
 * Gives what was made its names, each collection in one step, after what stands there was moved aside. When anything
 * fails before the last of them, all is moved back; only then what was moved aside is dropped. A run that is killed in
 * between leaves a journal, by which a later one does that. Once begun it is not aborted: it takes moments, and the way
 * back would be aborted as well.
 */
export async function putInPlace(swap: Swap, host: Host): Promise<void> {
  host.signal.throwIfAborted()
  const { place, database, names, made } = swap
  const calm: Host = { ...host, signal: AbortSignal.timeout(PATIENCE_MS) }
  await using server = await Server.open(place, calm)
  const journal = new SwapJournal(server, database, names.journal, host)
  const steps = stepsOf(swap)
  let begun: readonly Step[] = []
  try {
    await journal.begin(steps)
    begun = steps
    for (const step of steps) await carryOut(step, server, database)
    await journal.done()
  } catch (error) {
    await undoSwap(begun, { place, database, journal: names.journal }, error, host)
    throw error
  } finally {
    journal.leave()
  }
  const views = made.filter(({ collection }) => collection.type === 'view').map(({ from }) => from)
  // Last of all, and only then: by it the next restore knows what has to go.
  const allGone = await dropAside(server, database, [...movedAside(steps), ...views], host)
  if (allGone) await dropAside(server, database, [names.journal], host)
}

function stepsOf({ names, old, made }: Swap): Step[] {
  const isThere = ({ collection, from }: Swap['made'][number]): boolean =>
    collection.type !== 'view' && from === collection.name
  return [
    ...made.filter(isThere).map(({ from }): Step => ({ kind: 'made there', name: from })),
    ...old.map((view): Step =>
      view.type === 'view' ? { kind: 'drop view', view } : { kind: 'move', from: view.name, to: names.next('old') },
    ),
    ...made
      .filter((one) => !isThere(one))
      .map(({ collection, from }): Step =>
        collection.type === 'view'
          ? { kind: 'make view', view: collection }
          : { kind: 'move', from, to: collection.name },
      ),
  ]
}
