import { createReadStream } from 'node:fs'
import { readdir, rm, stat, statfs } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { Readable } from 'node:stream'
import type { GetOptions, Host, ObjectStat, Storage, StorageProbe, UnfinishedUpload } from 'dbvault'
import { isAbsent, storageError } from './errors.ts'
import { PARTIAL, uploadTo } from './put.ts'

export class FolderStorage implements Storage {
  readonly name = 'template'
  readonly label: string
  readonly #root: string

  constructor(root: string) {
    this.#root = root
    this.label = `template folder ${root}`
  }

  address(key: string): string {
    return `template://${encodeURIComponent(this.#root)}/${key.split('/').map(encodeURIComponent).join('/')}`
  }

  async probe(host: Host): Promise<StorageProbe> {
    host.signal.throwIfAborted()
    const space = await statfs(this.#root).catch(orNothing)
    return { writable: true, notes: [space ? `${space.bavail * space.bsize} bytes free` : 'the folder will be made'] }
  }

  async put(key: string, body: Readable, host: Host): Promise<ObjectStat> {
    try {
      host.assertObjectKey(key)
    } catch (error) {
      body.on('error', () => {}).destroy()
      throw error
    }
    return host.upload(body, uploadTo(this.#pathOf(key), key, this.address(key), host))
  }

  async get(key: string, host: Host, { range }: GetOptions = {}): Promise<Readable> {
    const found = await this.stat(key, host)
    if (!found) throw host.error('OBJECT_NOT_FOUND', `There is no ${this.address(key)}`)
    const { start = 0, end = found.bytes } = range ?? {}
    const last = Math.min(end, found.bytes)
    // Ends only after all bytes that are promised here, whatever the file does meanwhile.
    return host.download({
      what: this.address(key),
      start,
      open: async (at, signal) => ({
        body: at < last ? createReadStream(this.#pathOf(key), { start: at, end: last - 1, signal }) : Readable.from([]),
        bytes: Math.max(last - at, 0),
      }),
    })
  }

  /** Undefined only for what is certainly absent: any doubt is an error. */
  async stat(key: string, host: Host): Promise<ObjectStat | undefined> {
    host.signal.throwIfAborted()
    host.assertObjectKey(key)
    try {
      const found = await stat(this.#pathOf(key)).catch(orNothing)
      return found?.isFile() ? { key, bytes: found.size, modifiedAt: found.mtime } : undefined
    } catch (error) {
      throw storageError(error, `look at ${this.address(key)}`, host)
    }
  }

  async *list(prefix: string, host: Host): AsyncGenerator<ObjectStat> {
    for (const key of await this.#keys(prefix, false, host)) {
      const found = await this.stat(key, host)
      // It may have been deleted since.
      if (found) yield found
    }
  }

  async delete(key: string, host: Host): Promise<void> {
    host.signal.throwIfAborted()
    host.assertObjectKey(key)
    try {
      await rm(this.#pathOf(key), { force: true })
    } catch (error) {
      throw storageError(error, `delete ${this.address(key)}`, host)
    }
  }

  async *unfinished(prefix: string, host: Host): AsyncGenerator<UnfinishedUpload> {
    for (const id of await this.#keys(prefix, true, host)) {
      const found = await this.stat(id, host)
      if (found) yield { key: id.replace(PARTIAL, ''), id, startedAt: found.modifiedAt, bytes: found.bytes }
    }
  }

  async abortUnfinished({ id }: UnfinishedUpload, host: Host): Promise<void> {
    await this.delete(id, host)
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  #pathOf(key: string): string {
    return join(this.#root, ...key.split('/'))
  }

  /** A prefix is text, not a folder: `a` finds `ab`. */
  async #keys(prefix: string, partial: boolean, host: Host): Promise<readonly string[]> {
    host.signal.throwIfAborted()
    try {
      const paths = (await readdir(this.#root, { recursive: true }).catch(orNothing)) ?? []
      return paths
        .map((path) => path.split(sep).join('/'))
        .filter((key) => PARTIAL.test(key) === partial && key.replace(PARTIAL, '').startsWith(prefix))
    } catch (error) {
      throw storageError(error, `list ${this.label}`, host)
    }
  }
}

function orNothing(error: unknown): undefined {
  if (!isAbsent(error)) throw error
}
