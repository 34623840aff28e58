import { Readable } from 'node:stream'
import type { Download, GetOptions, Host, ObjectStat, Storage, StorageProbe, UnfinishedUpload } from 'dbvault'
import type { Client } from './client.ts'
import { entriesOf, PROPERTIES, type Entry } from './multistatus.ts'
import { Folders } from './folders.ts'
import { PARTIAL, put } from './put.ts'

/** One folder on a WebDAV server. */
export class WebdavStorage implements Storage {
  readonly name = 'webdav'
  readonly label: string
  readonly #client: Client
  readonly #folder: string
  readonly #folders: Folders

  constructor(client: Client, folder: string) {
    this.#client = client
    this.#folder = folder
    this.#folders = new Folders(client)
    this.label = `webdav folder ${folder}`
  }

  address(key: string): string {
    return `webdav://${encodeURIComponent(this.#folder)}/${key.split('/').map(encodeURIComponent).join('/')}`
  }

  async probe(host: Host): Promise<StorageProbe> {
    const found = await this.#look('', '0', `look at ${this.label}`, host)
    return { writable: true, notes: found ? [] : ['the folder will be made'] }
  }

  async put(key: string, body: Readable, host: Host): Promise<ObjectStat> {
    try {
      host.assertObjectKey(key)
      if (key.startsWith(`${PARTIAL}/`)) throw host.error('USAGE', `${PARTIAL}/ is for what is being written`)
    } catch (error) {
      body.on('error', () => {}).destroy()
      throw error
    }
    const bytes = await put(this.#client, this.#folders, key, this.address(key), body, host)
    const made = await this.stat(key, host)
    if (made?.bytes === bytes) return made
    throw host.error('STORAGE_FAILED', `${this.address(key)} has ${made?.bytes ?? 'no'} bytes, and ${bytes} were sent`)
  }

  async get(key: string, host: Host, { range }: GetOptions = {}): Promise<Readable> {
    const found = await this.stat(key, host)
    if (!found) throw host.error('OBJECT_NOT_FOUND', `There is no ${this.address(key)}`)
    const { start = 0, end = found.bytes } = range ?? {}
    // Ends only after all bytes that are promised here, and goes on by itself where a connection breaks.
    return host.download({
      what: this.address(key),
      start,
      open: this.#opener(found, Math.min(end, found.bytes), host),
    })
  }

  /** Undefined only for what is certainly absent: any doubt is an error. */
  async stat(key: string, host: Host): Promise<ObjectStat | undefined> {
    host.signal.throwIfAborted()
    host.assertObjectKey(key)
    const [entry] = (await this.#look(key, '0', `look at ${this.address(key)}`, host)) ?? []
    return entry && !entry.isFolder ? statOf(key, entry) : undefined
  }

  async *list(prefix: string, host: Host): AsyncGenerator<ObjectStat> {
    for await (const [key, entry] of this.#walk('', prefix, host)) {
      if (key.startsWith(prefix)) yield statOf(key, entry)
    }
  }

  async delete(key: string, host: Host): Promise<void> {
    host.signal.throwIfAborted()
    // Of a folder DELETE would remove all that is in it.
    if (!(await this.stat(key, host))) return
    const doing = `delete ${this.address(key)}`
    const request = { method: 'DELETE', key, also: [404], signal: host.signal } as const
    await host.retry(doing, () => this.#client.tell(doing, request, host))
  }

  async *unfinished(prefix: string, host: Host): AsyncGenerator<UnfinishedUpload> {
    for await (const [path, { modifiedAt, bytes }] of this.#walk(PARTIAL, `${PARTIAL}/`, host)) {
      const [, id = '', ...parts] = path.split('/')
      const key = parts.join('/')
      if (key.startsWith(prefix)) yield { key, id, startedAt: modifiedAt, bytes }
    }
  }

  async abortUnfinished({ id }: UnfinishedUpload, host: Host): Promise<void> {
    host.signal.throwIfAborted()
    const doing = `remove what is unfinished in ${this.label}`
    const request = { method: 'DELETE', key: `${PARTIAL}/${id}`, also: [404], signal: host.signal } as const
    await host.retry(doing, () => this.#client.tell(doing, request, host))
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  /** Makes what opens an object at a byte, each time the same version of it. */
  #opener({ key, bytes }: ObjectStat, end: number, host: Host): Download['open'] {
    const doing = `read ${this.address(key)}`
    let version: string | null | undefined
    return async (at, signal) => {
      if (at >= end) return { body: Readable.from([]), bytes: 0 }
      const headers = { range: `bytes=${at}-${end - 1}` }
      const response = await this.#client.ask(doing, { method: 'GET', key, headers, signal }, host)
      const etag = response.headers.get('etag')
      version ??= etag
      const isWhole = at === 0 && end === bytes && response.status === 200
      const isRight = isWhole || response.headers.get('content-range') === `bytes ${at}-${end - 1}/${bytes}`
      if (etag === version && isRight && response.body) {
        return { body: Readable.fromWeb(response.body), bytes: end - at }
      }
      await response.body?.cancel()
      const why = etag === version ? `the server answers with other bytes (${response.status})` : 'it was replaced'
      throw host.error('STORAGE_FAILED', `Cannot ${doing}: ${why}`)
    }
  }

  /** What is in a folder and below, with keys from the container on. Many servers refuse `Depth: infinity`. */
  async *#walk(folder: string, prefix: string, host: Host): AsyncGenerator<readonly [key: string, entry: Entry]> {
    const inside = await this.#look(folder, '1', `list ${this.label}`, host)
    // The folder itself is among them. One that is gone meanwhile has nothing in it.
    const own = this.#pathOf(folder)
    for (const entry of inside ?? []) {
      host.signal.throwIfAborted()
      const path = entry.path.replace(/\/$/, '')
      if (path === own) continue
      const name = path.slice(path.lastIndexOf('/') + 1)
      const key = folder === '' ? name : `${folder}/${name}`
      if (!entry.isFolder) yield [key, entry]
      else if (key === PARTIAL) continue
      else if (`${key}/`.startsWith(prefix) || prefix.startsWith(`${key}/`)) yield* this.#walk(key, prefix, host)
    }
  }

  /** Undefined where nothing is. */
  async #look(key: string, depth: '0' | '1', doing: string, host: Host): Promise<Entry[] | undefined> {
    host.signal.throwIfAborted()
    const headers = { depth, 'content-type': 'application/xml' }
    const request = { method: 'PROPFIND', key, headers, body: PROPERTIES, also: [404], signal: host.signal } as const
    return host.retry(doing, async () => {
      const { status, text } = await this.#client.text(doing, request, host)
      return status === 404 ? undefined : entriesOf(text, doing, host)
    })
  }

  #pathOf(key: string): string {
    return decodeURIComponent(this.#client.urlOf(key).pathname)
  }
}

function statOf(key: string, { bytes, modifiedAt }: Entry): ObjectStat {
  return { key, bytes, modifiedAt }
}
