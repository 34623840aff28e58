import { type FileHandle, open, statfs, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import prettyBytes from 'pretty-bytes'
import type { Host } from '../contract/host.ts'
import { errnoOf } from '../storage/disk-error.ts'
import type { Provable } from './prove-stored.ts'

/** Bytes that one read moves. */
const CHUNK = 512 * 1024

export interface DownloadSource {
  /** For people, in warnings. */
  readonly name: string
  /** Opens it from its first byte. */
  readonly open: () => Promise<Readable>
  /** Its size, where that is known before. */
  readonly bytes?: number
}

/**
 * What lies elsewhere and has to be read more than once, downloaded once: the first reading to its end leaves a copy, as
 * it was stored, in a temporary file that has no name any more, and further ones read that. Where there is no room for
 * it, that is told, and each reading is a download. Disposing it gives the room back.
 */
export class DownloadOnce implements AsyncDisposable {
  readonly #source: DownloadSource
  readonly #host: Host
  #state: 'empty' | 'filling' | 'whole' | 'no room' = 'empty'
  #file: FileHandle | undefined
  #bytes = 0
  #filler: Readable | undefined
  /** Settles when the reading that fills the file is over. */
  #filling: Promise<unknown> = Promise.resolve()

  constructor(source: DownloadSource, host: Host) {
    this.#source = source
    this.#host = host
  }

  readonly open = async (): Promise<Readable> => {
    if (this.#state === 'filling' && this.#filler?.destroyed) await this.#filling
    if (this.#state === 'whole') return Readable.from(this.#again(), { objectMode: false })
    if (this.#state !== 'empty' || !(await this.#begin())) return this.#source.open()
    const body = await this.#opened()
    const filler = Readable.from(this.#keeping(body), { objectMode: false, highWaterMark: CHUNK })
    this.#filler = filler
    // One that is left before its first byte does not even begin to run what keeps it.
    this.#filling = new Promise<void>((resolve) => filler.once('close', resolve)).then(async () => {
      body.destroy()
      if (this.#state === 'filling') await this.#startOver()
    })
    return filler
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#state = 'no room'
    await this.#drop()
  }

  async #begin(): Promise<boolean> {
    this.#state = 'filling'
    try {
      await using directory = await this.#host.tempDir()
      const { bavail, bsize } = await statfs(directory.path)
      if (bavail * bsize < (this.#source.bytes ?? 0)) {
        this.#giveUp(
          `only ${prettyBytes(bavail * bsize)} are free there, and it has ${prettyBytes(this.#source.bytes ?? 0)}`,
        )
        return false
      }
      const path = join(directory.path, 'artifact')
      this.#file = await open(path, 'wx+', 0o600)
      await unlink(path)
      return true
    } catch (error) {
      this.#host.signal.throwIfAborted()
      this.#giveUp(reason(error))
      return false
    }
  }

  async #opened(): Promise<Readable> {
    try {
      return await this.#source.open()
    } catch (error) {
      await this.#startOver()
      throw error
    }
  }

  async *#keeping(body: Readable): AsyncGenerator<Uint8Array, void> {
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      await this.#keep(chunk)
      yield chunk
    }
    if (this.#state === 'filling') this.#state = 'whole'
  }

  async #keep(chunk: Uint8Array): Promise<void> {
    if (!this.#file) return
    try {
      for (let done = 0; done < chunk.length;) {
        done += (await this.#file.write(chunk, done, chunk.length - done, this.#bytes + done)).bytesWritten
      }
      this.#bytes += chunk.length
    } catch (error) {
      this.#giveUp(reason(error))
      await this.#drop()
    }
  }

  async *#again(): AsyncGenerator<Uint8Array, void> {
    for (let at = 0; at < this.#bytes;) {
      this.#host.signal.throwIfAborted()
      const length = Math.min(CHUNK, this.#bytes - at)
      const file = this.#file
      if (!file) throw new Error('what was downloaded was read after it was given back')
      const { buffer, bytesRead } = await file.read(Buffer.allocUnsafeSlow(length), 0, length, at)
      if (bytesRead === 0) throw new Error('the temporary file of a download is shorter than what was written to it')
      at += bytesRead
      yield buffer.subarray(0, bytesRead)
    }
  }

  /** A reading that was left early says nothing of the rest. */
  async #startOver(): Promise<void> {
    await this.#drop()
    if (this.#state === 'filling') this.#state = 'empty'
  }

  #giveUp(why: string): void {
    this.#state = 'no room'
    const message = `${this.#source.name} is downloaded more than once, since it cannot be kept in the directory for temporary files: ${why}. --temp-dir can name one with more room`
    this.#host.report({ kind: 'warning', message })
  }

  async #drop(): Promise<void> {
    const file = this.#file
    this.#file = undefined
    this.#bytes = 0
    await file?.close()
  }
}

/** Members of a backup, those that lie elsewhere {@link DownloadOnce | downloaded once}. */
export function downloadedOnce(
  members: readonly Provable[],
  host: Host,
): AsyncDisposable & { readonly members: readonly Provable[] } {
  const downloads: DownloadOnce[] = []
  return {
    members: members.map((member) => {
      if (!member.remote) return member
      const { name, open: get, artifact } = member
      const download = new DownloadOnce({ name, open: get, ...(artifact && { bytes: artifact.bytes }) }, host)
      downloads.push(download)
      return { ...member, open: download.open }
    }),
    async [Symbol.asyncDispose]() {
      await Promise.all(downloads.map((download) => download[Symbol.asyncDispose]()))
    },
  }
}

function reason(error: unknown): string {
  const errno = errnoOf(error)
  if (errno === 'ENOSPC' || errno === 'EDQUOT') return 'no space is left there'
  return error instanceof Error ? error.message : String(error)
}
