import type { Readable } from 'node:stream'
import type { GetOptions, Host, ObjectStat, Storage, StorageProbe, UnfinishedUpload } from 'dbvault'
import type { Container } from './container.ts'
import { discardBlocks } from './discard-blocks.ts'
import { open } from './download.ts'
import { azureError } from './errors.ts'
import { head, statOf } from './head.ts'
import { objects, uploads } from './list.ts'
import { probe } from './probe.ts'
import type { Settings } from './settings.ts'
import { uploadTo } from './upload.ts'

/** A container. */
export class AzureStorage implements Storage {
  readonly name = 'azure'
  readonly label: string
  readonly #container: Container
  readonly #tier: Settings['tier']

  constructor(container: Container, tier: Settings['tier']) {
    this.#container = container
    this.#tier = tier
    this.label = `azure container ${container.name}`
  }

  address(key: string): string {
    return this.#container.address(key)
  }

  async probe(host: Host): Promise<StorageProbe> {
    return probe(this.#container, host)
  }

  async put(key: string, body: Readable, host: Host): Promise<ObjectStat> {
    try {
      host.assertObjectKey(key)
    } catch (error) {
      body.on('error', () => {}).destroy()
      throw error
    }
    return host.upload(body, uploadTo({ container: this.#container, key, tier: this.#tier, host }))
  }

  async get(key: string, host: Host, options: GetOptions = {}): Promise<Readable> {
    host.assertObjectKey(key)
    return open(this.#container, key, host, options)
  }

  async stat(key: string, host: Host): Promise<ObjectStat | undefined> {
    host.assertObjectKey(key)
    const found = await host.retry(this.address(key), () => head(this.#container, key, host, host.signal))
    return found && statOf(key, found, host)
  }

  list(prefix: string, host: Host): AsyncIterable<ObjectStat> {
    return objects(this.#container, prefix, host)
  }

  async delete(key: string, host: Host): Promise<void> {
    host.assertObjectKey(key)
    await host.retry(this.address(key), async () => {
      try {
        await this.#container.ask(host.signal, (abortSignal) =>
          this.#container.blob(key).deleteIfExists({ abortSignal, deleteSnapshots: 'include' }),
        )
      } catch (error) {
        throw azureError(error, `delete ${this.address(key)}`, this.#container, host)
      }
    })
  }

  unfinished(prefix: string, host: Host): AsyncIterable<UnfinishedUpload> {
    return uploads(this.#container, prefix, host)
  }

  async abortUnfinished({ key }: UnfinishedUpload, host: Host): Promise<void> {
    await host.retry(this.address(key), () => discardBlocks(this.#container, key, host, host.signal))
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
