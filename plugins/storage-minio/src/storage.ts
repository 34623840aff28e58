import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import type { GetOptions, Host, ObjectStat, Storage, StorageProbe, UnfinishedUpload } from 'dbvault'
import type { Bucket } from './bucket.ts'
import { open } from './download.ts'
import { minioError } from './errors.ts'
import { failureOf } from './failure.ts'
import { head, statOf } from './head.ts'
import type { ServerKnowledge } from './integrity.ts'
import { objects, uploads } from './list.ts'
import { probe } from './probe.ts'
import { uploadTo } from './upload.ts'

/** A bucket. */
export class MinioStorage implements Storage {
  readonly name = 'minio'
  readonly label: string
  readonly #bucket: Bucket
  readonly #server: ServerKnowledge = { knowsCrc: undefined }

  constructor(bucket: Bucket) {
    this.#bucket = bucket
    this.label = `minio bucket ${bucket.name}`
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
    return host.upload(body, uploadTo({ bucket: this.#bucket, key, server: this.#server, host }))
  }

  async get(key: string, host: Host, options: GetOptions = {}): Promise<Readable> {
    host.assertObjectKey(key)
    return open(this.#bucket, key, host, options)
  }

  async stat(key: string, host: Host): Promise<ObjectStat | undefined> {
    host.assertObjectKey(key)
    const found = await host.retry(this.address(key), () => head(this.#bucket, key, host, host.signal))
    return found && statOf(key, found, host)
  }

  list(prefix: string, host: Host): AsyncIterable<ObjectStat> {
    return objects(this.#bucket, prefix, host)
  }

  async delete(key: string, host: Host): Promise<void> {
    host.assertObjectKey(key)
    await host.retry(this.address(key), async () => {
      try {
        const { body } = await this.#bucket.send({ method: 'DELETE', key }, host.signal)
        await text(body)
      } catch (error) {
        if (failureOf(error).code === 'NoSuchKey') return
        throw minioError(error, `delete ${this.address(key)}`, this.#bucket, host)
      }
    })
  }

  unfinished(prefix: string, host: Host): AsyncIterable<UnfinishedUpload> {
    return uploads(this.#bucket, prefix, host)
  }

  async abortUnfinished({ key, id }: UnfinishedUpload, host: Host): Promise<void> {
    await host.retry(this.address(key), async () => {
      try {
        const { body } = await this.#bucket.send({ method: 'DELETE', key, query: { uploadId: id } }, host.signal)
        await text(body)
      } catch (error) {
        if (failureOf(error).code === 'NoSuchUpload') return
        throw minioError(error, `remove the unfinished upload of ${this.address(key)}`, this.#bucket, host)
      }
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#bucket.close()
  }
}
