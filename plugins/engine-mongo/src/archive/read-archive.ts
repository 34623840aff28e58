import { ArchiveError } from './archive-error.ts'
import { MAGIC } from './archive-format.ts'
import type { Collection } from './collection.ts'
import { Crc64 } from './crc64.ts'
import { DocumentSplitter, type Part } from './document-splitter.ts'
import { dataName, namespaceOf, readBlockHeader, readHeader, readPrelude, type Prelude } from './read-prelude.ts'

/** Some documents of one collection, in the order of the archive. Views of what was read. */
export interface Batch {
  readonly collection: Collection
  readonly documents: readonly Buffer[]
}

interface Progress {
  /** Undefined for what is read over. */
  readonly collection: Collection | undefined
  readonly checksum: Crc64
  ended: boolean
}

/** How many documents are handed on together at most. */
const AT_ONCE = 1000

/**
 * Reads an archive, by whichever program it was written: what it announces, then the documents. It has no end of its
 * own: it is whole when each collection that it announces has had its end, with the right checksum.
 * @throws ArchiveError, BsonError, and what reading throws
 */
export class ArchiveReader implements AsyncDisposable {
  readonly prelude: Prelude
  readonly #chunks: AsyncIterator<Uint8Array>
  readonly #splitter: DocumentSplitter
  readonly #rest: Iterator<Part>
  readonly #progress = new Map<string, Progress>()

  private constructor(
    prelude: Prelude,
    chunks: AsyncIterator<Uint8Array>,
    splitter: DocumentSplitter,
    rest: Iterator<Part>,
  ) {
    this.prelude = prelude
    this.#chunks = chunks
    this.#splitter = splitter
    this.#rest = rest
    for (const namespace of prelude.foreign) this.#announce(namespace, undefined)
    for (const collection of prelude.collections) {
      this.#announce(namespaceOf(prelude.database, dataName(collection, prelude.serverVersion)), collection)
    }
  }

  static async open(bytes: AsyncIterable<Uint8Array>): Promise<ArchiveReader> {
    const chunks = bytes[Symbol.asyncIterator]()
    try {
      const splitter = new DocumentSplitter()
      let rest: Iterator<Part> = splitter.push(await readMagic(chunks))
      const next = async (): Promise<Part> => {
        for (;;) {
          const part = rest.next()
          if (part.done !== true) return part.value
          const chunk = await chunks.next()
          if (chunk.done === true) throw new ArchiveError('it ends before its first block')
          rest = splitter.push(chunk.value)
        }
      }
      const header = await next()
      if (header === 'terminator') throw new ArchiveError('it has no header')
      const serverVersion = readHeader(header)
      const described: Buffer[] = []
      for (let part = await next(); part !== 'terminator'; part = await next()) described.push(Buffer.from(part))
      return new ArchiveReader(readPrelude(serverVersion, described), chunks, splitter, rest)
    } catch (error) {
      void chunks.return?.()?.then(undefined, () => {})
      throw error
    }
  }

  /** To its end. Read once. */
  async *batches(): AsyncGenerator<Batch> {
    const blocks = new Blocks(this.#progress)
    yield* blocks.read(this.#rest)
    for (let chunk = await this.#chunks.next(); chunk.done !== true; chunk = await this.#chunks.next()) {
      yield* blocks.read(this.#splitter.push(chunk.value))
    }
    if (this.#splitter.isWithin || blocks.isWithin) throw new ArchiveError('it ends in the middle of a block')
    const open = [...this.#progress].filter(([, { ended }]) => !ended)
    if (open.length > 0) {
      throw new ArchiveError(`of ${open.length} of its ${this.#progress.size} collections the end is missing`)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#chunks.return?.()
  }

  #announce(namespace: string, collection: Collection | undefined): void {
    this.#progress.set(namespace, { collection, checksum: new Crc64(), ended: false })
  }
}

/** The state between the parts of blocks. */
class Blocks {
  readonly #progress: ReadonlyMap<string, Progress>
  #current: Progress | undefined

  constructor(progress: ReadonlyMap<string, Progress>) {
    this.#progress = progress
  }

  get isWithin(): boolean {
    return this.#current !== undefined
  }

  *read(parts: Iterator<Part>): Generator<Batch> {
    let documents: Buffer[] = []
    const gathered = (): Batch[] => {
      const collection = this.#current?.collection
      if (documents.length === 0 || collection === undefined) return []
      const batch = { collection, documents }
      documents = []
      return [batch]
    }
    for (let part = parts.next(); part.done !== true; part = parts.next()) {
      if (part.value === 'terminator') {
        yield* gathered()
        documents = []
        this.#endBlock()
      } else if (this.#current === undefined) {
        this.#beginBlock(part.value)
      } else {
        if (this.#current.ended) throw new ArchiveError('documents follow the end of their collection')
        this.#current.checksum.update(part.value)
        documents.push(part.value)
        if (documents.length >= AT_ONCE) yield* gathered()
      }
    }
    yield* gathered()
  }

  #beginBlock(header: Buffer): void {
    const { namespace, end, checksum } = readBlockHeader(header)
    const progress = this.#progress.get(namespace)
    if (progress === undefined) throw new ArchiveError('a block is of a collection that was not announced')
    if (progress.ended) throw new ArchiveError('a collection goes on after its end')
    if (end) {
      if (progress.checksum.value() !== checksum) {
        throw new ArchiveError(`the checksum of ${JSON.stringify(namespace)} is wrong`)
      }
      progress.ended = true
    }
    this.#current = progress
  }

  #endBlock(): void {
    if (this.#current === undefined) throw new ArchiveError('a block has no beginning')
    this.#current = undefined
  }
}

/** @returns what was read behind it */
async function readMagic(chunks: AsyncIterator<Uint8Array>): Promise<Buffer> {
  let begin = Buffer.alloc(0)
  while (begin.length < MAGIC.length) {
    const chunk = await chunks.next()
    if (chunk.done === true) throw new ArchiveError('it ends before its first block')
    begin = Buffer.concat([begin, chunk.value])
  }
  if (!begin.subarray(0, MAGIC.length).equals(MAGIC)) throw new ArchiveError('it does not begin as one')
  return begin.subarray(MAGIC.length)
}
