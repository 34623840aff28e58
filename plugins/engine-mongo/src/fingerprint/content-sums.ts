import type { Batch } from '../archive/read-archive.ts'
import type { Collection } from '../archive/collection.ts'
import { ContentSum } from './content-sum.ts'

/** The sums of collections as their documents pass. */
export class ContentSums {
  readonly #sums = new Map<string, ContentSum>()

  add({ collection, documents }: Batch): void {
    const sum = this.of(collection)
    for (const document of documents) sum.add(document)
  }

  of({ name }: Pick<Collection, 'name'>): ContentSum {
    const sum = this.#sums.get(name) ?? new ContentSum()
    this.#sums.set(name, sum)
    return sum
  }

  /** Of each that is no view, an empty one too. */
  all(collections: readonly Collection[]): ReadonlyMap<string, ContentSum> {
    const stored = collections.filter(({ type }) => type !== 'view')
    return new Map(stored.map((collection) => [collection.name, this.of(collection)]))
  }
}
