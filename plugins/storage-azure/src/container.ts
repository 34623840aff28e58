import type { BlockBlobClient, ContainerClient } from '@azure/storage-blob'
import { blobName } from './blob-name.ts'

/** How long a request may take that has no body to send or to read. */
const ANSWER_MS = 60_000
/** Slower than that a network is not taken for one. */
const SLOWEST_BYTES_PER_MS = 32

/** Makes requests to one container. */
export class Container {
  readonly name: string
  readonly client: ContainerClient

  constructor(client: ContainerClient) {
    this.client = client
    this.name = client.containerName
  }

  address(key: string): string {
    return `azure://${[this.name, ...key.split('/')].map(encodeURIComponent).join('/')}`
  }

  blob(key: string): BlockBlobClient {
    return this.client.getBlockBlobClient(blobName(key))
  }

  /**
   * Makes one request, with a time limit: the SDK would wait for ever for a server that falls silent.
   * @param bytes how many the request sends
   * @throws what the SDK throws; on abort, the signal's reason
   */
  async ask<T>(signal: AbortSignal, request: (abortSignal: AbortSignal) => Promise<T>, bytes = 0): Promise<T> {
    signal.throwIfAborted()
    const limit = new AbortController()
    const timer = setTimeout(() => limit.abort(), ANSWER_MS + Math.ceil(bytes / SLOWEST_BYTES_PER_MS)).unref()
    try {
      return await request(AbortSignal.any([signal, limit.signal]))
    } catch (error) {
      signal.throwIfAborted()
      throw limit.signal.aborted ? Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' }) : error
    } finally {
      // A body may take as long as it likes.
      clearTimeout(timer)
    }
  }
}
