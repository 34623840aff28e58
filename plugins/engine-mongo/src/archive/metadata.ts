import { elements, documentOf, textOf, TYPE } from '../bson/elements.ts'
import { fromExtendedJson } from '../bson/from-extended-json.ts'
import { toExtendedJson } from '../bson/to-extended-json.ts'
import { ArchiveError } from './archive-error.ts'
import type { Collection, CollectionType } from './collection.ts'

const EMPTY = Buffer.of(5, 0, 0, 0, 0)

/** What the archive says of a collection, in the very form that mongodump writes. */
export function toMetadata({ name, type, options, indexes, uuid }: Collection): string {
  return `{${[
    ...(options.length > EMPTY.length ? [`"options":${toExtendedJson(options)}`] : []),
    `"indexes":[${indexes.map(toExtendedJson).join(',')}]`,
    ...(uuid === undefined ? [] : [`"uuid":"${uuid}"`]),
    `"collectionName":${JSON.stringify(name)}`,
    `"type":"${type}"`,
  ].join(',')}}`
}

/** @throws BsonError, ArchiveError */
export function fromMetadata(name: string, type: string, metadata: string): Collection {
  if (!isCollectionType(type)) throw new ArchiveError(`${JSON.stringify(name)} is of the unknown type "${type}"`)
  // Of what mongodump writes for users and roles, nothing is said.
  if (metadata === '') return { name, type, options: EMPTY, indexes: [] }
  const parsed = fromExtendedJson(metadata)
  const indexes = documentOf(parsed, 'indexes') ?? EMPTY
  const uuid = textOf(parsed, 'uuid')
  return {
    name,
    type,
    options: documentOf(parsed, 'options') ?? EMPTY,
    indexes: Array.from(elements(indexes), (index) => {
      if (index.type !== TYPE.document) throw new ArchiveError(`an index of ${JSON.stringify(name)} is no document`)
      return index.value
    }),
    ...(uuid === undefined || uuid === '' ? {} : { uuid }),
  }
}

function isCollectionType(type: string): type is CollectionType {
  return type === 'collection' || type === 'view' || type === 'timeseries'
}
