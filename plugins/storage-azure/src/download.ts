import { Readable } from 'node:stream'
import type { GetOptions, Host, OpenedObject } from 'dbvault'
import type { Container } from './container.ts'
import { azureError } from './errors.ts'
import { failureOf } from './failure.ts'
import { head, statOf } from './head.ts'

/** Opens a blob, or a range of it, as one stream of one version. */
export async function open(container: Container, key: string, host: Host, { range }: GetOptions): Promise<Readable> {
  const what = container.address(key)
  const found = await host.retry(what, () => head(container, key, host, host.signal))
  if (found === undefined) throw host.error('OBJECT_NOT_FOUND', `Cannot read ${what}: it does not exist`)
  const { bytes } = statOf(key, found, host)
  const { start = 0, end = bytes } = range ?? {}
  const last = Math.min(end, bytes)
  if (start > bytes) throw host.error('STORAGE_FAILED', `${what} has ${bytes} bytes, so none from byte ${start} on`)
  // The service has no word for a range without a byte.
  if (start >= last) return Readable.from([], { objectMode: false })
  const conditions = found.etag === undefined ? {} : { ifMatch: found.etag }
  return host.download({ what, start, end: last, open: openAt })

  async function openAt(at: number, signal: AbortSignal): Promise<OpenedObject> {
    signal.throwIfAborted()
    try {
      // The host looks after a body that falls silent, and tries again itself.
      const answer = await container.ask(signal, (abortSignal) =>
        container.blob(key).download(at, last - at, { abortSignal, conditions, maxRetryRequests: 0 }),
      )
      const { readableStreamBody: body, contentLength, contentRange } = answer
      if (!(body instanceof Readable) || contentLength === undefined) {
        throw host.error('STORAGE_FAILED', `The server does not say how many bytes it sends of ${what}`)
      }
      return { body, bytes: contentLength, range: contentRange ?? null }
    } catch (error) {
      signal.throwIfAborted()
      if (failureOf(error).code === 'ConditionNotMet') {
        throw host.error('STORAGE_FAILED', `${what} was replaced while it was read`)
      }
      throw azureError(error, `read ${what}`, container, host)
    }
  }
}
