import { type FileHandle, open, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { finished, Readable } from 'node:stream'
import type { TempDir } from '../../contract/host.ts'
import { DbvaultError } from '../../errors/dbvault-error.ts'

/** All parts of an upload that are in memory, the one that is being filled included. */
const MEMORY = 64 * 1024 ** 2
/** On disk they cost no memory, but the largest have gigabytes. */
const ON_DISK_AT_ONCE = 2
const READ_BYTES = 256 * 1024

/** Where the bytes of one part wait until they were sent. */
export interface PartSpace {
  write(bytes: Uint8Array): void | Promise<void>
  /** A buffer, or a new stream. */
  content(): Buffer | Readable
  /** Ends the streams. Afterwards the content is gone. */
  release(): Promise<void>
}

const isSmall = (bytes: number): boolean => bytes * 2 <= MEMORY

/** How many parts of a size may be under way while another one is filled. */
export function partsAtOnce(bytes: number): number {
  return isSmall(bytes) ? Math.floor(MEMORY / bytes) - 1 : ON_DISK_AT_ONCE
}

/** Gives out space: small parts are kept in memory that is used again, large ones in files without a name. */
export class PartSpaces {
  readonly #tempDir: () => Promise<TempDir>
  #slab = new Slab(0)

  constructor(tempDir: () => Promise<TempDir>) {
    this.#tempDir = tempDir
  }

  async take(size: number): Promise<PartSpace> {
    if (!isSmall(size)) return inFile(await this.#tempDir())
    // Sizes only grow: what is too small now will not be needed again.
    if (this.#slab.size !== size) this.#slab = new Slab(size)
    return this.#slab.take()
  }

  /**
   * Gives the memory back at once, and not when it is next looked for garbage. Only after everything was sent: nobody may be
   * reading it any more.
   */
  free(): void {
    this.#slab.free()
  }
}

/**
 * Room for all parts of a size that may be in memory, in one piece. What was never written to costs nothing, and a piece as
 * large as this goes back to the system when it is freed, where the allocator keeps smaller ones.
 */
class Slab {
  readonly size: number
  readonly #bytes: ArrayBuffer
  readonly #free: Buffer[] = []
  #cut = 0

  constructor(size: number) {
    this.size = size
    this.#bytes = Buffer.allocUnsafeSlow(size === 0 ? 0 : MEMORY - (MEMORY % size)).buffer
  }

  take(): PartSpace {
    const free = this.#free
    const buffer = free.pop() ?? Buffer.from(this.#bytes, this.#cut++ * this.size, this.size)
    let length = 0
    return {
      write(bytes) {
        buffer.set(bytes, length)
        length += bytes.length
      },
      content: () => buffer.subarray(0, length),
      // Taken first next time: it has its pages already.
      release: async () => void free.push(buffer),
    }
  }

  free(): void {
    this.#bytes.transfer(0)
  }
}

async function inFile(directory: TempDir): Promise<PartSpace> {
  await using _ = directory
  const path = join(directory.path, 'part')
  const file = await open(path, 'wx+', 0o600).catch(spoolFailed)
  // Nobody else finds it, and it is gone when this process is.
  await unlink(path)
  let length = 0
  const streams = new Set<Readable>()
  return {
    async write(bytes) {
      for (let at = 0; at < bytes.length;) {
        const { bytesWritten } = await file.write(bytes, at, bytes.length - at, length).catch(spoolFailed)
        at += bytesWritten
        length += bytesWritten
      }
    },
    content() {
      if (length === 0) return Buffer.alloc(0)
      const stream = Readable.from(bytesOf(file, length), { objectMode: false })
      streams.add(stream)
      finished(stream, () => streams.delete(stream))
      return stream
    },
    async release() {
      for (const stream of streams) stream.destroy()
      await file.close()
    },
  }
}

/** Not a stream of the file's: to destroy one closes the file, and clients destroy what they could not send. */
async function* bytesOf(file: FileHandle, length: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < length;) {
    const buffer = Buffer.allocUnsafe(Math.min(READ_BYTES, length - at))
    const { bytesRead } = await file.read(buffer, 0, buffer.length, at).catch(spoolFailed)
    if (bytesRead === 0) throw new DbvaultError('INTERNAL', `A part of ${length} bytes ended after ${at}`)
    at += bytesRead
    yield buffer.subarray(0, bytesRead)
  }
}

function spoolFailed(cause: unknown): never {
  const errno = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown'
  const full = errno === 'ENOSPC' || errno === 'EDQUOT'
  throw new DbvaultError(
    full ? 'STORAGE_FULL' : 'STORAGE_FAILED',
    `A part that is too large for memory could not be kept in a temporary file (${errno})`,
    { cause, hints: ['Name a directory with more space with --temp-dir.'] },
  )
}
