import type { Readable } from 'node:stream'
import { AbortMultipartUploadCommand, DeleteObjectCommand } from '@aws-sdk/client-s3'
import type { GetOptions, Host, ObjectStat, Storage, StorageProbe, UnfinishedUpload } from 'dbvault'
import type { Bucket } from './bucket.ts'
import { open } from './download.ts'
import { s3Error } from './errors.ts'
import { failureOf } from './failure.ts'
import { head, statOf } from './head.ts'
import type { ServerKnowledge } from './integrity.ts'
import { objects, uploads } from './list.ts'
import { probe } from './probe.ts'
import type { Settings } from './settings.ts'
import { uploadTo } from './upload.ts'

/** A bucket. */
export class S3Storage implements Storage {
  readonly name = 's3'
  readonly label: string
  readonly #bucket: Bucket
  readonly #settings: Settings
  readonly #server: ServerKnowledge = { knowsCrc: undefined }

  constructor(bucket: Bucket, settings: Settings) {
    this.#bucket = bucket
    this.#settings = settings
    this.label = `s3 bucket ${bucket.name}`
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
    const { ofObjects } = this.#settings
    return host.upload(body, uploadTo({ bucket: this.#bucket, key, ofObjects, server: this.#server, host }))
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
        await this.#bucket.send(DeleteObjectCommand, { Key: key }, host.signal)
      } catch (error) {
        // Not of Amazon, which says nothing of what is absent.
        if (failureOf(error).code === 'NoSuchKey') return
        throw s3Error(error, `delete ${this.address(key)}`, this.#bucket, host)
      }
    })
  }

  unfinished(prefix: string, host: Host): AsyncIterable<UnfinishedUpload> {
    return uploads(this.#bucket, prefix, host)
  }

  async abortUnfinished({ key, id }: UnfinishedUpload, host: Host): Promise<void> {
    await host.retry(this.address(key), async () => {
      try {
        await this.#bucket.send(AbortMultipartUploadCommand, { Key: key, UploadId: id }, host.signal)
      } catch (error) {
        if (failureOf(error).code === 'NoSuchUpload') return
        throw s3Error(error, `remove the unfinished upload of ${this.address(key)}`, this.#bucket, host)
      }
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#bucket.close()
  }
}
