import type { Finding, Host } from 'dbvault'
import type { Collection } from '../archive/collection.ts'
import { eachOf } from '../side-by-side.ts'
import { dataOf } from './read-documents.ts'
import type { Server } from './server.ts'

/** The collections that this user may not read. */
export async function unreadable(
  server: Server,
  database: string,
  collections: readonly Collection[],
  host: Host,
): Promise<Collection[]> {
  const found = await eachOf(collections, server.place.parallel, async (collection) => {
    if (collection.type === 'view') return []
    const data = dataOf(server, collection)
    try {
      await server.command(database, {
        find: data.collection,
        limit: 1,
        singleBatch: true,
        projection: { _id: 1 },
        ...(data.raw && { rawData: true }),
      })
      return []
    } catch (error) {
      host.signal.throwIfAborted()
      if (!(error instanceof Error && 'code' in error && error.code === 'SOURCE_DENIED')) throw error
      return [collection]
    }
  })
  return found.flat()
}

export function unreadableFinding(
  database: string,
  user: string | undefined,
  denied: readonly Collection[],
): Finding[] {
  if (denied.length === 0) return []
  const names = denied.slice(0, 10).map(({ name }) => JSON.stringify(name))
  const more = denied.length > names.length ? ` and ${denied.length - names.length} more` : ''
  const series = denied.some(({ type }) => type === 'timeseries')
  const role = series ? `{ role: 'backup', db: 'admin' }` : `{ role: 'read', db: ${JSON.stringify(database)} }`
  return [
    {
      severity: 'incomplete',
      message: `this user may not read the collections ${names.join(', ')}${more}`,
      fixes: [`db.getSiblingDB('admin').grantRolesToUser(${JSON.stringify(user ?? 'USER')}, [${role}])`],
    },
  ]
}
