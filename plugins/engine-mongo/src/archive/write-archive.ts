import { boolean, document, int32, int64, text } from '../bson/build.ts'
import { FORMAT_VERSION, MAGIC, TERMINATOR } from './archive-format.ts'
import type { Collection } from './collection.ts'
import { Crc64 } from './crc64.ts'
import { toMetadata } from './metadata.ts'

export interface ArchiveHeader {
  /** How many collections may be in between one another. */
  readonly concurrent: number
  readonly serverVersion: string
  readonly toolVersion: string
}

/** Makes the bytes of an archive around documents, which pass as they are. */
export class ArchiveWriter {
  readonly #database: string
  readonly #checksums = new Map<string, Crc64>()
  #open: string | undefined

  constructor(database: string) {
    this.#database = database
  }

  /** What stands before all blocks. Called once, first. */
  begin({ concurrent, serverVersion, toolVersion }: ArchiveHeader, collections: readonly Collection[]): Buffer {
    const header = document(
      int32('concurrent_collections', concurrent),
      text('version', FORMAT_VERSION),
      text('server_version', serverVersion),
      text('tool_version', toolVersion),
    )
    const described = collections.map((collection) =>
      document(
        text('db', this.#database),
        text('collection', collection.name),
        text('metadata', toMetadata(collection)),
        int32('size', 0),
        text('type', collection.type),
      ),
    )
    return Buffer.concat([MAGIC, header, ...described, TERMINATOR])
  }

  /** Some whole documents of a collection. */
  documents(collection: string, bytes: Buffer): Buffer[] {
    this.#checksum(collection).update(bytes)
    return [...this.#turnTo(collection), bytes]
  }

  /** The end of a collection, whether it has had documents or none. */
  end(collection: string): Buffer {
    const checksum = this.#checksum(collection)
    const before = this.#turnTo(collection)
    this.#open = undefined
    this.#checksums.delete(collection)
    return Buffer.concat([...before, TERMINATOR, this.#blockHeader(collection, true, checksum.value()), TERMINATOR])
  }

  #checksum(collection: string): Crc64 {
    const checksum = this.#checksums.get(collection) ?? new Crc64()
    this.#checksums.set(collection, checksum)
    return checksum
  }

  #turnTo(collection: string): Buffer[] {
    if (this.#open === collection) return []
    const header = this.#blockHeader(collection, false, 0n)
    const before = this.#open === undefined ? [header] : [TERMINATOR, header]
    this.#open = collection
    return before
  }

  #blockHeader(collection: string, end: boolean, checksum: bigint): Buffer {
    return document(
      text('db', this.#database),
      text('collection', collection),
      boolean('EOF', end),
      int64('CRC', checksum),
    )
  }
}
