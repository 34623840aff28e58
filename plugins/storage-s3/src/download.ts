import { GetObjectCommand } from '@aws-sdk/client-s3'
import { Readable } from 'node:stream'
import type { GetOptions, Host, OpenedObject } from 'dbvault'
import type { Bucket } from './bucket.ts'
import { s3Error } from './errors.ts'
import { failureOf } from './failure.ts'
import { discard, head, statOf } from './head.ts'

/** Opens an object, or a range of it, as one stream of one version. */
export async function open(bucket: Bucket, key: string, host: Host, { range }: GetOptions): Promise<Readable> {
  const what = bucket.address(key)
  const { start, end } = range ?? { start: 0 }
  if (end !== undefined && end <= start) return nothing(await sizeOf())
  let version: string | undefined

  try {
    return await host.download({ what, start, ...(end !== undefined && { end }), open: openAt })
  } catch (error) {
    // S3 has no word for a range without a byte, be it at the end of an object or of an empty one.
    if (!(error instanceof BeyondEnd)) throw error
    return nothing(await sizeOf())
  }

  async function openAt(at: number, signal: AbortSignal): Promise<OpenedObject> {
    const isPart = at > 0 || end !== undefined
    try {
      const found = await bucket.send(
        GetObjectCommand,
        {
          Key: key,
          ...(isPart && { Range: `bytes=${at}-${end === undefined ? '' : end - 1}` }),
          ...(version !== undefined && { IfMatch: version }),
        },
        signal,
      )
      const { Body, ContentLength, ContentRange, ETag } = found
      if (!(Body instanceof Readable) || ContentLength === undefined) {
        discard(Body)
        throw host.error('STORAGE_FAILED', `The server does not say how many bytes it sends of ${what}`)
      }
      version ??= ETag
      return { body: Body, bytes: ContentLength, range: ContentRange ?? null }
    } catch (error) {
      const { code, status } = failureOf(error)
      if (code === 'InvalidRange' || status === 416) throw new BeyondEnd()
      if (version !== undefined && status === 412) {
        throw host.error('STORAGE_FAILED', `${what} was replaced while it was read`)
      }
      throw s3Error(error, `read ${what}`, bucket, host)
    }
  }

  async function sizeOf(): Promise<number> {
    const found = await host.retry(what, () => head(bucket, key, host, host.signal))
    if (found === undefined) throw host.error('OBJECT_NOT_FOUND', `Cannot read ${what}: it does not exist`)
    return statOf(key, found, host).bytes
  }

  function nothing(bytes: number): Readable {
    if (start <= bytes) return Readable.from([], { objectMode: false })
    throw host.error('STORAGE_FAILED', `${what} has ${bytes} bytes, so none from byte ${start} on`)
  }
}

class BeyondEnd extends Error {}
