import type { BlobItem, ContainerListBlobFlatSegmentResponse } from '@azure/storage-blob'
import type { Host, ObjectStat, UnfinishedUpload } from 'dbvault'
import { keyOf, namePrefix } from './blob-name.ts'
import type { Container } from './container.ts'
import { azureError } from './errors.ts'
import { head, statOf } from './head.ts'
import { uncommitted } from './uncommitted.ts'

/** Every blob whose name starts with the prefix. */
export async function* objects(container: Container, prefix: string, host: Host): AsyncGenerator<ObjectStat> {
  for await (const { key, properties } of items(container, prefix, false, host)) yield statOf(key, properties, host)
}

/** Blobs of which blocks were sent and never made one. The service itself removes them after a week. */
export async function* uploads(container: Container, prefix: string, host: Host): AsyncGenerator<UnfinishedUpload> {
  for await (const { key, properties } of items(container, prefix, true, host)) {
    // A listing does not say which are unfinished; they have no length, and are not there for a request.
    if (properties.contentLength !== 0) continue
    const what = container.address(key)
    const found = await host.retry(what, () => head(container, key, host, host.signal))
    if (found !== undefined) continue
    const blocks = await host.retry(what, () => uncommitted(container, key, host, host.signal))
    if (blocks.length === 0) continue
    const bytes = blocks.reduce((sum, block) => sum + block.bytes, 0)
    // Without a time nobody may take it for old.
    yield { key, id: key, startedAt: properties.lastModified ?? new Date(), bytes }
  }
}

interface Item {
  readonly key: string
  readonly properties: BlobItem['properties']
}

async function* items(
  container: Container,
  prefix: string,
  includeUncommitedBlobs: boolean,
  host: Host,
): AsyncGenerator<Item> {
  const what = `azure://${container.name}/${prefix}`
  const start = namePrefix(prefix)
  const seen = new Set<string>()
  for (let token: string | undefined; ;) {
    const { segment, continuationToken } = await host.retry(`the listing of ${what}`, () => nextPage(token))
    for (const { name, properties } of segment.blobItems) {
      if (!name.startsWith(start)) {
        throw host.error(
          'STORAGE_FAILED',
          `The server lists ${name} where only what starts with ${start} was asked for`,
        )
      }
      const key = keyOf(name)
      if (key.startsWith(prefix) && isOurs(key, host)) yield { key, properties }
      host.signal.throwIfAborted()
    }
    if (continuationToken === undefined || continuationToken === '') return
    // Whoever went round in circles would take what comes later for deleted.
    if (seen.has(continuationToken)) {
      throw host.error('STORAGE_FAILED', `The listing of ${what} is not whole`, { retryable: true })
    }
    seen.add(continuationToken)
    token = continuationToken
  }

  async function nextPage(continuationToken: string | undefined): Promise<ContainerListBlobFlatSegmentResponse> {
    try {
      const page = await container.ask(host.signal, (abortSignal) =>
        container.client
          .listBlobsFlat({ prefix: start, abortSignal, includeUncommitedBlobs })
          .byPage(continuationToken === undefined ? {} : { continuationToken })
          .next(),
      )
      if (page.done) throw new Error('no page')
      return page.value
    } catch (error) {
      throw azureError(error, `list ${what}`, container, host)
    }
  }
}

/** Other programs may keep blobs of names that no storage of dbvault has. */
function isOurs(key: string, host: Host): boolean {
  try {
    host.assertObjectKey(key)
    return true
  } catch {
    return false
  }
}
