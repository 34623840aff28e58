import type { Readable } from 'node:stream'
import type { GetOptions, Host, ObjectStat, Storage, StorageProbe, UnfinishedUpload } from 'dbvault'
import type { Bucket } from './bucket.ts'
import { open } from './download.ts'
import { gcpError } from './errors.ts'
import { failureOf } from './failure.ts'
import { head, isThere, statOf } from './head.ts'
import { objects } from './list.ts'
import { probe } from './probe.ts'
import type { ObjectSettings } from './settings.ts'
import { uploadTo } from './upload.ts'

/** A bucket. */
export class GcpStorage implements Storage {
  readonly name = 'gcp'
  readonly label: string
  readonly #bucket: Bucket
  readonly #ofObjects: ObjectSettings

  constructor(bucket: Bucket, ofObjects: ObjectSettings) {
    this.#bucket = bucket
    this.#ofObjects = ofObjects
    this.label = `gcp bucket ${bucket.name}`
  }

  address(key: string): string {
    return this.#bucket.address(key)
  }

  async probe(host: Host): Promise<StorageProbe> {
    return probe(this.#bucket, host)
  }

  async put(key: string, body: Readable, host: Host): Promise<ObjectStat> {
    try {
      host.assertObjectKey(key)
    } catch (error) {
      body.on('error', () => {}).destroy()
      throw error
    }
    return host.upload(body, uploadTo({ bucket: this.#bucket, key, ofObjects: this.#ofObjects, host }))
  }

  async get(key: string, host: Host, options: GetOptions = {}): Promise<Readable> {
    host.assertObjectKey(key)
    return open(this.#bucket, key, host, options)
  }

  async stat(key: string, host: Host): Promise<ObjectStat | undefined> {
    host.assertObjectKey(key)
    const what = this.address(key)
    const found = await host.retry(what, () => head(this.#bucket, key, host, host.signal))
    return found && statOf(key, found, what, host)
  }

  list(prefix: string, host: Host): AsyncIterable<ObjectStat> {
    return objects(this.#bucket, prefix, host)
  }

  async delete(key: string, host: Host): Promise<void> {
    host.assertObjectKey(key)
    await host.retry(this.address(key), async () => {
      try {
        await this.#bucket.send({ method: 'DELETE', path: this.#bucket.pathOf(key) }, host.signal)
      } catch (error) {
        if (failureOf(error).status === 404 && (await isThere(this.#bucket, host, host.signal))) return
        throw gcpError(error, `delete ${this.address(key)}`, this.#bucket, host)
      }
    })
  }

  /** Nobody can list them. They cost nothing, and end by themselves after a week. */
  async *unfinished(_prefix: string, _host: Host): AsyncIterable<UnfinishedUpload> {}

  async abortUnfinished(_upload: UnfinishedUpload, _host: Host): Promise<void> {}

  async [Symbol.asyncDispose](): Promise<void> {}
}
