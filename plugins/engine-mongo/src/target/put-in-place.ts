import type { Host } from 'dbvault'
import type { Collection } from '../archive/collection.ts'
import type { Place } from '../server/place.ts'
import { Server } from '../server/server.ts'
import { createView } from './create-collection.ts'
import type { TemporaryNames } from './temporary-names.ts'
import { renameCollection, type Step, undoSwap } from './undo-swap.ts'

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
 * fails before the last of them, all is moved back; only then what was moved aside is dropped. A view cannot be renamed
 * and is made anew. Once begun it is not aborted: it takes moments, and the way back would be aborted as well.
 */
export async function putInPlace({ place, database, names, old, made }: Swap, host: Host): Promise<void> {
  host.signal.throwIfAborted()
  await using server = await Server.open(place, { ...host, signal: AbortSignal.timeout(PATIENCE_MS) })
  const steps: Step[] = []
  const rename = async (from: string, to: string): Promise<void> => {
    steps.push({ kind: 'move', from, to })
    await renameCollection(server, database, from, to)
  }
  const aside: string[] = []
  try {
    for (const collection of old) {
      if (collection.type === 'view') {
        steps.push({ kind: 'drop view', view: collection })
        await drop(server, database, collection.name)
      } else {
        const to = names.next('old')
        await rename(collection.name, to)
        aside.push(to)
      }
    }
    for (const { collection, from } of made) {
      if (collection.type === 'view') {
        steps.push({ kind: 'make view', name: collection.name })
        await createView(server, database, collection, collection.name)
      } else if (from !== collection.name) await rename(from, collection.name)
    }
  } catch (error) {
    await undoSwap(steps, { place, database }, error, host)
    throw error
  }
  const views = made.filter(({ collection }) => collection.type === 'view').map(({ from }) => from)
  for (const name of [...aside, ...views]) {
    await drop(server, database, name).catch((error: unknown) => {
      const why = error instanceof Error ? error.message : String(error)
      host.report({ kind: 'warning', message: `The replaced collection ${name} could not be dropped: ${why}` })
    })
  }
}

export async function drop(server: Server, database: string, name: string): Promise<void> {
  await server.command(database, { drop: name })
}
