import type { Host } from 'dbvault'
import { open, unlink, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'

/** How much waits in memory. */
const IN_MEMORY = 1024 * 1024
const PART = 64 * 1024
/** How long the server may be kept waiting at once, and in all: it holds the memory of its snapshot for so much longer. */
const PATIENCE_MS = 500
const PATIENCE_IN_ALL_MS = 10_000

export interface SpoolSource extends AsyncDisposable {
  /** Breaks off when the source is disposed. */
  readonly bytes: AsyncIterable<Buffer>
}

/**
 * Reads a source as fast as it gives and hands it on as fast as it is taken. A server would cut off a replica that does not
 * keep up; so what the destination is too slow for, longer than for a moment, waits in a file without a name.
 * @throws STORAGE_FULL, and whatever the source throws
 */
export async function* spooled(source: SpoolSource, host: Host): AsyncGenerator<Buffer> {
  await using spool = new Spool(source, host)
  const filling = spool.fill()
  filling.catch(() => {})
  for (;;) {
    const chunk = await spool.take()
    if (chunk === undefined) break
    yield chunk
  }
  await filling
}

class Spool implements AsyncDisposable {
  readonly #host: Host
  readonly #source: SpoolSource
  #memory: Buffer[] = []
  #size = 0
  #file: FileHandle | undefined
  /** Of the file: up to where it was written and read. */
  #written = 0
  #read = 0
  #ended = false
  #failed: Error | undefined
  #disposed = false
  #wake: (() => void) | undefined
  #taken: (() => void) | undefined
  #waited = 0
  #filling: Promise<void> = Promise.resolve()

  constructor(source: SpoolSource, host: Host) {
    this.#source = source
    this.#host = host
  }

  fill(): Promise<void> {
    return (this.#filling = this.#fill())
  }

  async #fill(): Promise<void> {
    try {
      for await (const chunk of this.#source.bytes) {
        if (this.#disposed) return
        await this.#put(chunk)
        this.#wake?.()
      }
      this.#ended = true
    } catch (error) {
      this.#failed = error as Error
      throw error
    } finally {
      this.#wake?.()
    }
  }

  /** Undefined at the end. What has come before a failure is not handed out: it is worth nothing. */
  async take(): Promise<Buffer | undefined> {
    for (;;) {
      if (this.#failed !== undefined) throw this.#failed
      const chunk = this.#memory.shift()
      if (chunk !== undefined) {
        this.#size -= chunk.length
        this.#taken?.()
        return chunk
      }
      if (this.#file !== undefined && this.#read < this.#written) return await this.#fromFile(this.#file)
      if (this.#ended) return undefined
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#wake = resolve
      await promise
      this.#wake = undefined
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true
    this.#memory = []
    this.#size = 0
    this.#taken?.()
    await this.#source[Symbol.asyncDispose]()
    await this.#filling.catch(() => {})
    await this.#file?.close()
  }

  async #put(chunk: Buffer): Promise<void> {
    if (this.#read === this.#written && this.#size + chunk.length > IN_MEMORY) await this.#room(chunk.length)
    if (this.#read === this.#written && this.#size + chunk.length <= IN_MEMORY) {
      this.#memory.push(chunk)
      this.#size += chunk.length
      return
    }
    const file = (this.#file ??= await nameless(this.#host))
    // Whoever takes has caught up: the file begins anew, so that it is no larger than what waits.
    if (this.#read === this.#written && this.#written > 0) {
      this.#read = this.#written = 0
      await file.truncate(0)
    }
    try {
      await file.appendFile(chunk)
    } catch (error) {
      throw full(this.#host, error)
    }
    this.#written += chunk.length
  }

  /** Waits for room in memory, as long as there is patience. */
  async #room(length: number): Promise<void> {
    const started = performance.now()
    const limit = Math.min(PATIENCE_MS, PATIENCE_IN_ALL_MS - this.#waited)
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, Math.max(0, limit))
    this.#taken = () => {
      if (this.#size + length <= IN_MEMORY) resolve()
    }
    await promise
    clearTimeout(timer)
    this.#taken = undefined
    this.#waited += performance.now() - started
  }

  async #fromFile(file: FileHandle): Promise<Buffer> {
    const wanted = Math.min(PART, this.#written - this.#read)
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(wanted), 0, wanted, this.#read)
    this.#read += bytesRead
    return buffer.subarray(0, bytesRead)
  }
}

async function nameless(host: Host): Promise<FileHandle> {
  await using directory = await host.tempDir()
  const path = join(directory.path, 'spool')
  const file = await open(path, 'ax+', 0o600)
  await unlink(path)
  return file
}

function full(host: Host, cause: unknown): unknown {
  if (!(cause instanceof Error && 'code' in cause && (cause.code === 'ENOSPC' || cause.code === 'EDQUOT'))) return cause
  return host.error(
    'STORAGE_FULL',
    'In the directory for temporary files there is no space for what waits until the destination takes it',
    { hints: ['Name a larger one with --temp-dir, or a faster destination.'], cause },
  )
}
