import type { Host } from 'dbvault'
import type { Collection } from '../archive/collection.ts'
import type { Server } from '../server/server.ts'

type Named = Pick<Collection, 'name' | 'type'>

/**
 * Whether it can be made beside and then get its name. Servers rename no time series, and nothing of their own; FerretDB
 * gives no name with a dot in it.
 */
export function isMovable({ name, type }: Named, server: Pick<Server, 'product'>): boolean {
  if (type === 'view') return true
  return type !== 'timeseries' && !name.startsWith('system.') && !(server.product === 'FerretDB' && name.includes('.'))
}

/** @throws RESTORE_FAILED for what could neither be moved aside nor back, before anything is made */
export function refuseUnlessReplaceable(
  old: readonly Named[],
  wanted: readonly Named[],
  server: Pick<Server, 'product'>,
  host: Host,
): void {
  const fixed = old.find((collection) => !isMovable(collection, server))
  if (fixed !== undefined) {
    throw host.error(
      'RESTORE_FAILED',
      `The target holds ${JSON.stringify(fixed.name)}, which the server cannot move aside, so that it could not be put back if the restore failed`,
      { hints: ['Drop it first, or restore into another database.'] },
    )
  }
  const taken = wanted.find(
    (collection) => !isMovable(collection, server) && old.some(({ name }) => name === collection.name),
  )
  if (taken === undefined) return
  throw host.error(
    'RESTORE_FAILED',
    `The target has another collection in the place of ${JSON.stringify(taken.name)}, which the server can make there only`,
    { hints: ['Drop it first, or restore into another database.'] },
  )
}
