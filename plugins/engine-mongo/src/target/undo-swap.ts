import type { Host } from 'dbvault'
import type { Collection } from '../archive/collection.ts'
import { listNames } from '../server/list-collections.ts'
import type { Place } from '../server/place.ts'
import { Server } from '../server/server.ts'
import { createView } from './create-collection.ts'

/** What a swap was about to do. Whether it was done only the server knows, where an answer was lost. */
export type Step =
  | { readonly kind: 'move'; readonly from: string; readonly to: string }
  | { readonly kind: 'drop view'; readonly view: Omit<Collection, 'indexes'> }
  | { readonly kind: 'make view'; readonly name: string }

const PATIENCE_MS = 60_000

/**
 * Takes the steps of a swap back, the last one first, by what the server has and over a connection of its own: that of
 * the swap may be what has failed.
 * @throws RESTORE_FAILED, naming what is where, when any of them could not be taken back
 */
export async function undoSwap(
  steps: readonly Step[],
  { place, database }: { readonly place: Place; readonly database: string },
  reason: unknown,
  outer: Host,
): Promise<void> {
  if (steps.length === 0) return
  const host: Host = { ...outer, signal: AbortSignal.timeout(PATIENCE_MS) }
  const failures: unknown[] = []
  try {
    await using server = await outer.retry('putting it back', () => Server.open(place, host), host.signal)
    for (const step of steps.toReversed()) {
      await takeBack(step, server, database).catch((error: unknown) => failures.push(error))
    }
  } catch (error) {
    failures.push(error)
  }
  if (failures.length === 0) return
  const aside = steps.flatMap((step) =>
    step.kind === 'move' && step.to.startsWith('dbvault_old_')
      ? [`If it is there, ${JSON.stringify(step.to)} is ${JSON.stringify(step.from)} as it was: rename it.`]
      : [],
  )
  throw outer.error(
    'RESTORE_FAILED',
    `The restore failed while it put the collections in their places, and the database ${JSON.stringify(database)} could not be made what it was: ${said(reason)}`,
    { hints: ['Nothing that was there is lost.', ...aside], cause: new AggregateError([reason, ...failures]) },
  )
}

async function takeBack(step: Step, server: Server, database: string): Promise<void> {
  const there = new Map((await listNames(server, database)).map(({ name, type }) => [name, type]))
  switch (step.kind) {
    case 'move':
      // Where both are there, or none, it was not moved.
      if (there.has(step.to) && !there.has(step.from)) await renameCollection(server, database, step.to, step.from)
      break
    case 'drop view':
      if (!there.has(step.view.name)) await createView(server, database, { ...step.view, indexes: [] }, step.view.name)
      break
    case 'make view':
      if (there.get(step.name) === 'view') await server.command(database, { drop: step.name })
  }
}

export async function renameCollection(server: Server, database: string, from: string, to: string): Promise<void> {
  await server.command('admin', { renameCollection: `${database}.${from}`, to: `${database}.${to}` })
}

const said = (error: unknown): string => (error instanceof Error ? error.message : String(error))
