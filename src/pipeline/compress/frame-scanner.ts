import { corrupt } from './corrupt.ts'

const MAGIC = 4
const BLOCK_HEADER = 3
const CHECKSUM = 4
/** Bytes of the content size, by the top two bits of the descriptor; with none of them set it depends on `single`. */
const CONTENT_SIZES = [0, 2, 4, 8] as const
const DICTIONARY_ID_SIZES = [0, 1, 2, 4] as const
const RLE = 1
const RESERVED = 3

/**
 * Finds the end of one zstd frame (RFC 8878 §3.1.1) from its headers alone, in whatever chunks it comes: Node's decoder
 * neither tells where a frame ends nor minds one that is cut off.
 */
export class FrameScanner {
  readonly #walk = walk()
  /** Bytes to pass over before the byte or bytes that the walk wants to see. */
  #skip = 0
  #seen: number[] = []
  #wanted = 0

  constructor() {
    this.#advance()
  }

  /** True once the frame's last byte has been scanned. */
  done = false

  /** Takes the next bytes of the flow and returns how many of them belong to the frame. Throws ARTIFACT_CORRUPT. */
  scan(chunk: Uint8Array): number {
    let at = 0
    while (at < chunk.length && !this.done) {
      if (this.#skip > 0) {
        const part = Math.min(this.#skip, chunk.length - at)
        this.#skip -= part
        at += part
      } else {
        this.#seen.push(chunk[at] ?? 0)
        at += 1
      }
      if (this.#skip === 0 && this.#seen.length === this.#wanted) this.#advance()
    }
    return at
  }

  #advance(): void {
    const next = this.#walk.next(this.#seen.reduceRight((number, byte) => number * 256 + byte, 0))
    this.#seen = []
    this.done = next.done === true
    if (next.done !== true) [this.#skip, this.#wanted] = next.value
  }
}

/** The way through a frame: each step passes over some bytes, then reads a little-endian number of some bytes. */
function* walk(): Generator<readonly [skip: number, read: number], void, number> {
  const descriptor = yield [MAGIC, 1]
  const single = (descriptor & 0x20) !== 0
  const checksum = (descriptor & 0x04) !== 0 ? CHECKSUM : 0
  const contentSize = CONTENT_SIZES[(descriptor >> 6) as 0 | 1 | 2 | 3] || (single ? 1 : 0)
  const dictionaryId = DICTIONARY_ID_SIZES[(descriptor & 3) as 0 | 1 | 2 | 3]

  let skip = (single ? 0 : 1) + dictionaryId + contentSize
  for (let last = false; !last;) {
    const header = yield [skip, BLOCK_HEADER]
    last = (header & 1) !== 0
    const type = (header >> 1) & 3
    if (type === RESERVED) throw corrupt('The zstd data is damaged: a block is of no known type.')
    skip = type === RLE ? 1 : header >> 3
  }
  if (skip + checksum > 0) yield [skip + checksum, 0]
}
