import type { Host } from 'dbvault'
import { isIdIndex, type Collection, type CollectionType } from '../archive/collection.ts'
import { documentOf, elementOf, textOf, TYPE } from '../bson/elements.ts'
import type { Server } from './server.ts'
import { serverCode } from './server-error.ts'

const EMPTY = Buffer.of(5, 0, 0, 0, 0)

/** What a listing says, before indexes are asked for. */
type Listed = Omit<Collection, 'indexes'>

/** All that belongs to a database; what the server keeps for itself does not. Sorted by name. */
export async function listCollections(server: Server, database: string, host: Host): Promise<Collection[]> {
  const listed = await listNames(server, database)
  const found: Collection[] = []
  for (const each of listed) {
    found.push({ ...each, indexes: each.type === 'view' ? [] : await listIndexes(server, database, each.name, host) })
  }
  return found
}

/** The same without indexes. */
export async function listNames(server: Server, database: string): Promise<Listed[]> {
  const listed = await server.readAll(database, { listCollections: 1, cursor: {} })
  return listed
    .map(toListed)
    .filter(({ name }) => !isOfServer(name))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}

export async function listIndexes(server: Server, database: string, name: string, host: Host): Promise<Buffer[]> {
  try {
    // Copies: what was read is a view of the whole answer.
    const indexes = (await server.readAll(database, { listIndexes: name, cursor: {} })).map((index) =>
      Buffer.from(index),
    )
    return indexes.sort((a, b) => Number(isIdIndex(b)) - Number(isIdIndex(a)))
  } catch (error) {
    host.signal.throwIfAborted()
    const cause = error instanceof Error ? error.cause : undefined
    if ((serverCode(cause) ?? serverCode(error)) !== 26) throw error
    throw host.error('DUMP_FAILED', `The collection ${JSON.stringify(name)} was dropped while the database was read`, {
      retryable: true,
    })
  }
}

/** Kept by the server, or restored in another way. Functions that are stored in the server are the user's. */
function isOfServer(name: string): boolean {
  return name.startsWith('system.') && name !== 'system.js'
}

function toListed(bytes: Buffer): Listed {
  const listed = Buffer.from(bytes)
  const info = documentOf(listed, 'info')
  const uuid = info && elementOf(info, 'uuid')
  return {
    name: textOf(listed, 'name') ?? '',
    type: typeOf(textOf(listed, 'type')),
    options: documentOf(listed, 'options') ?? EMPTY,
    ...(uuid?.type === TYPE.binary && { uuid: uuid.value.toString('hex', 5) }),
  }
}

function typeOf(text: string | undefined): CollectionType {
  return text === 'view' || text === 'timeseries' ? text : 'collection'
}
