import { elementOf, elements, textIn, textOf, TYPE } from '../bson/elements.ts'
import { ArchiveError } from './archive-error.ts'
import { BUCKETS, type Collection } from './collection.ts'
import { FORMAT_VERSION, isAtLeast, VIEWLESS_SERIES } from './archive-format.ts'
import { fromMetadata } from './metadata.ts'

/** What an archive announces before its first block. */
export interface Prelude {
  readonly serverVersion: string
  /** The one database that is in it. */
  readonly database: string
  readonly collections: readonly Collection[]
  /** What is in it and belongs to the server and not to the database: users, roles, the oplog. */
  readonly foreign: readonly string[]
}

/** @throws ArchiveError, BsonError */
export function readHeader(header: Buffer): string {
  const version = textOf(header, 'version')
  if (version !== FORMAT_VERSION)
    throw new ArchiveError(`its format has the unknown version ${JSON.stringify(version)}`)
  return textOf(header, 'server_version') ?? ''
}

/** @throws ArchiveError when it holds several databases, or a collection twice */
export function readPrelude(serverVersion: string, described: readonly Buffer[]): Prelude {
  const collections = new Map<string, Collection>()
  const foreign: string[] = []
  let database: string | undefined
  for (const each of described) {
    const owner = required(each, 'db')
    const name = required(each, 'collection')
    if (owner === '' || name.startsWith('$admin.')) {
      foreign.push(namespaceOf(owner, name))
      continue
    }
    if (database !== undefined && owner !== database) {
      throw new ArchiveError('it holds more than one database; only archives of one can be restored')
    }
    database = owner
    if (collections.has(name)) throw new ArchiveError(`the collection ${JSON.stringify(name)} is announced twice`)
    collections.set(name, fromMetadata(name, typeOf(each), required(each, 'metadata')))
  }
  if (database === undefined) throw new ArchiveError('it holds no collection of a database')
  return { serverVersion, database, collections: [...collections.values()], foreign }
}

/** Archives of older programs say of nothing what it is. */
function typeOf(described: Buffer): string {
  const said = textOf(described, 'type')
  return said === undefined || said === '' ? 'collection' : said
}

/** In the blocks, the documents of a collection may stand under another name. */
export function dataName({ name, type }: Collection, serverVersion: string): string {
  return type === 'timeseries' && !isAtLeast(serverVersion, VIEWLESS_SERIES) ? BUCKETS + name : name
}

export function namespaceOf(database: string, collection: string): string {
  return `${database}.${collection}`
}

export interface BlockHeader {
  readonly namespace: string
  readonly end: boolean
  readonly checksum: bigint
}

/** @throws ArchiveError */
export function readBlockHeader(header: Buffer): BlockHeader {
  const names = Array.from(elements(header), ({ name }) => name).join()
  const [end, checksum] = [elementOf(header, 'EOF'), elementOf(header, 'CRC')]
  if (names !== 'db,collection,EOF,CRC' || end?.type !== TYPE.boolean || checksum?.type !== TYPE.int64) {
    throw new ArchiveError('a block does not begin as one')
  }
  return {
    namespace: namespaceOf(required(header, 'db'), required(header, 'collection')),
    end: end.value[0] !== 0,
    checksum: checksum.value.readBigUInt64LE(),
  }
}

function required(document: Buffer, name: string): string {
  const element = elementOf(document, name)
  if (element?.type !== TYPE.string) throw new ArchiveError(`the field ${JSON.stringify(name)} is missing`)
  return textIn(element.value)
}
