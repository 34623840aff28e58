import { isCapped, type Collection } from '../archive/collection.ts'

type Insert = (name: string, documents: readonly Buffer[], collection: Collection) => Promise<void>

/** What is sent together at most. Servers take 100,000 documents and 48 MB. */
const BYTES = 400_000
const DOCUMENTS = 1_000

interface Waiting {
  readonly collection: Collection
  documents: Buffer[]
  bytes: number
  /** The last one sent, where the order counts. */
  sent: Promise<void>
}

/** Puts documents together to messages of a good size, and has some of them on their way at once. */
export class Inserter implements AsyncDisposable {
  readonly #atOnce: number
  readonly #insert: Insert
  readonly #waiting = new Map<string, Waiting>()
  readonly #running = new Set<Promise<void>>()
  #failure: { readonly error: unknown } | undefined

  constructor(atOnce: number, insert: Insert) {
    this.#atOnce = atOnce
    this.#insert = insert
  }

  /** Waits while too much is on its way. @throws what an insert before has thrown */
  async add(name: string, collection: Collection, documents: readonly Buffer[]): Promise<void> {
    const waiting = this.#waitingFor(name, collection)
    for (const document of documents) {
      if (waiting.bytes > 0 && waiting.bytes + document.length > BYTES) await this.#send(name, waiting)
      waiting.documents.push(document)
      waiting.bytes += document.length
      if (waiting.documents.length >= DOCUMENTS) await this.#send(name, waiting)
    }
    // Views of what was read would keep all of it: a chunk for each document at worst.
    if (this.#waiting.size > this.#atOnce) await this.#sendOthers(name)
  }

  /** Resolves when everything was inserted. */
  async flush(): Promise<void> {
    for (const [name, waiting] of this.#waiting) await this.#send(name, waiting)
    await Promise.all(this.#running)
    if (this.#failure) throw this.#failure.error
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled(this.#running)
  }

  #waitingFor(name: string, collection: Collection): Waiting {
    const waiting = this.#waiting.get(name) ?? { collection, documents: [], bytes: 0, sent: Promise.resolve() }
    this.#waiting.set(name, waiting)
    return waiting
  }

  async #sendOthers(except: string): Promise<void> {
    for (const [name, waiting] of this.#waiting) {
      if (name === except) continue
      await this.#send(name, waiting)
      this.#waiting.delete(name)
    }
  }

  async #send(name: string, waiting: Waiting): Promise<void> {
    while (this.#running.size >= this.#atOnce) await Promise.race(this.#running)
    if (this.#failure) throw this.#failure.error
    const { documents, collection } = waiting
    if (documents.length === 0) return
    waiting.documents = []
    waiting.bytes = 0
    const before = isCapped(collection) ? waiting.sent : Promise.resolve()
    const sent = before
      .then(() => this.#insert(name, documents, collection))
      .catch((error: unknown) => void (this.#failure ??= { error }))
      .finally(() => void this.#running.delete(sent))
    waiting.sent = sent
    this.#running.add(sent)
  }
}
