import { elementOf, elements, textOf } from '../bson/elements.ts'

export type CollectionType = 'collection' | 'view' | 'timeseries'

/** What is known of a collection beside its documents. */
export interface Collection {
  readonly name: string
  readonly type: CollectionType
  /** As `create` takes them: a document. */
  readonly options: Buffer
  /** As `listIndexes` gives them, that on `_id` too: a document each. */
  readonly indexes: readonly Buffer[]
  /** 32 hex digits. A restore makes a new one. */
  readonly uuid?: string
}

export const BUCKETS = 'system.buckets.'

export function isCapped({ options }: Collection): boolean {
  const capped = elementOf(options, 'capped')
  return capped !== undefined && capped.value.some((byte) => byte !== 0)
}

export function isClustered({ options }: Collection): boolean {
  return elementOf(options, 'clusteredIndex') !== undefined
}

/** What an index is called. */
export function indexName(index: Buffer): string {
  return textOf(index, 'name') ?? ''
}

/** The index on `_id` comes with the collection. */
export function isIdIndex(index: Buffer): boolean {
  const key = elementOf(index, 'key')
  if (key === undefined) return false
  const [first, ...more] = elements(key.value)
  return first?.name === '_id' && more.length === 0 && indexName(index) === '_id_'
}
