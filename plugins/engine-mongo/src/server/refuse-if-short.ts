import type { Host } from 'dbvault'
import type { Collection } from '../archive/collection.ts'
import type { ContentSum } from '../fingerprint/content-sum.ts'
import { countDocuments, sumDocuments } from './read-documents.ts'
import type { Server } from './server.ts'

/**
 * Without a point in time, only a collection that nobody writes to can be held against what was read of it. One that
 * has as many documents as `before`, but other than what was read, and that then gives the same twice, was not read
 * wholly. Counts alone would not tell: who removes a document and puts another in leaves them as they were.
 * @throws DUMP_INCOMPLETE
 */
export async function refuseIfShort(
  server: Server,
  database: string,
  collection: Collection,
  before: number,
  read: ContentSum,
  host: Host,
): Promise<void> {
  if (before === read.documents) return
  if ((await countDocuments(server, database, collection)) !== before) return
  const again = await sumDocuments(server, database, collection)
  if (again.documents !== before) return
  const onceMore = await sumDocuments(server, database, collection)
  if (onceMore.documents !== before || onceMore.digest !== again.digest) return
  throw host.error(
    'DUMP_INCOMPLETE',
    `Of the collection ${JSON.stringify(collection.name)} the server gave ${read.documents} documents, and it has ${before}`,
    { retryable: true, hints: ['If it is written to: back up again, best when there is less to do.'] },
  )
}
