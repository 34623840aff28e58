import { ArchiveError } from './archive-error.ts'

const DATA = 1
const LARGE_OBJECTS = 3

type State = 'kind' | 'id' | 'object' | 'length' | 'skip'

/**
 * Follows the blocks of data of an archive in custom format, chunk by chunk. One row of a table is one piece with a
 * length of its own, so this must not wait for anything between pieces.
 */
export class DataScanner {
  blocks = 0
  largeObjects = 0
  readonly #waiting: Set<number>
  readonly #intBytes: number
  #state: State = 'kind'
  #kind = 0
  /** Bytes of a piece that are still to come. */
  #missing = 0
  /** The bytes of a number so far, when a chunk ends within it. */
  #number = 0
  #numberBytes = 0
  #negative = false

  /** `announced` are the entries that have data. */
  constructor(announced: Iterable<number>, intSize: number) {
    this.#waiting = new Set(announced)
    this.#intBytes = intSize
  }

  /** @throws ArchiveError */
  push(chunk: Uint8Array): void {
    let at = 0
    while (at < chunk.length) {
      if (this.#state === 'skip') {
        const step = Math.min(this.#missing, chunk.length - at)
        at += step
        this.#missing -= step
        if (this.#missing === 0) this.#state = 'length'
      } else if (this.#state === 'kind') {
        this.#kind = chunk[at++] ?? 0
        if (this.#kind !== DATA && this.#kind !== LARGE_OBJECTS)
          throw new ArchiveError('it holds a block of an unknown kind')
        this.#state = 'id'
      } else {
        at = this.#read(chunk, at)
      }
    }
  }

  /** To be called after the last chunk. @throws ArchiveError */
  end(): void {
    if (this.#state !== 'kind') throw new ArchiveError('it ends in the middle of a block of data')
    if (this.#waiting.size > 0)
      throw new ArchiveError(`it ends before the data of ${this.#waiting.size} of its entries`)
  }

  /** A sign byte, then the magnitude, least byte first. */
  #read(chunk: Uint8Array, from: number): number {
    let at = from
    for (; at < chunk.length && this.#numberBytes <= this.#intBytes; at++, this.#numberBytes++) {
      const byte = chunk[at] ?? 0
      if (this.#numberBytes === 0) this.#negative = byte !== 0
      else this.#number += byte * 2 ** (8 * (this.#numberBytes - 1))
    }
    if (this.#numberBytes <= this.#intBytes) return at
    const value = this.#negative ? -this.#number : this.#number
    this.#number = this.#numberBytes = 0
    this.#take(value)
    return at
  }

  #take(value: number): void {
    if (this.#state === 'id') {
      if (!this.#waiting.delete(value))
        throw new ArchiveError('it holds data that its table of contents does not announce')
      this.blocks++
      this.#state = this.#kind === DATA ? 'length' : 'object'
    } else if (this.#state === 'object') {
      if (value === 0) this.#state = 'kind'
      else {
        this.largeObjects++
        this.#state = 'length'
      }
    } else if (value === 0) this.#state = this.#kind === DATA ? 'kind' : 'object'
    else if (value < 0) throw new ArchiveError('the length of a piece of data cannot be true')
    else {
      this.#missing = value
      this.#state = 'skip'
    }
  }
}
