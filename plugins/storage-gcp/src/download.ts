import { Readable } from 'node:stream'
import type { GetOptions, Host, OpenedObject } from 'dbvault'
import type { Bucket, Opened } from './bucket.ts'
import { gcpError } from './errors.ts'
import { failureOf } from './failure.ts'
import { head, isThere, statOf } from './head.ts'

/** Opens an object, or a range of it, as one stream of one generation. */
export async function open(bucket: Bucket, key: string, host: Host, { range }: GetOptions): Promise<Readable> {
  const what = bucket.address(key)
  const { start, end } = range ?? { start: 0 }
  if (end !== undefined && end <= start) return nothing(await sizeOf())
  let generation: string | undefined

  try {
    return await host.download({ what, start, ...(end !== undefined && { end }), open: openAt })
  } catch (error) {
    // There is no word for a range without a byte, be it at the end of an object or of an empty one.
    if (!(error instanceof BeyondEnd)) throw error
    return nothing(await sizeOf())
  }

  async function openAt(at: number, signal: AbortSignal): Promise<OpenedObject> {
    const isPart = at > 0 || end !== undefined
    try {
      const answer = await bucket.open(
        {
          path: bucket.pathOf(key),
          query: { alt: 'media', generation },
          headers: {
            // Else what somebody has stored compressed would come decompressed, and longer than it is.
            'accept-encoding': 'gzip',
            ...(isPart && { range: `bytes=${at}-${end === undefined ? '' : end - 1}` }),
          },
        },
        signal,
      )
      return opened(answer)
    } catch (error) {
      const { status } = failureOf(error)
      if (status === 416) throw new BeyondEnd()
      if (status === 404) {
        if (generation !== undefined) throw host.error('STORAGE_FAILED', `${what} was replaced while it was read`)
        await isThere(bucket, host, signal)
        throw host.error('OBJECT_NOT_FOUND', `Cannot read ${what}: it does not exist`)
      }
      throw gcpError(error, `read ${what}`, bucket, host)
    }
  }

  function opened({ status, headers, body }: Opened): OpenedObject {
    const length = headers.get('content-length')
    const found = headers.get('x-goog-generation')
    if (length === null || found === null || (generation !== undefined && found !== generation)) {
      body.on('error', () => {}).destroy()
      throw host.error('STORAGE_FAILED', `The server does not answer for ${what} with the bytes that were asked for`)
    }
    generation = found
    return { body, bytes: Number(length), range: status === 206 ? (headers.get('content-range') ?? '') : null }
  }

  async function sizeOf(): Promise<number> {
    const found = await host.retry(what, () => head(bucket, key, host, host.signal))
    if (found === undefined) throw host.error('OBJECT_NOT_FOUND', `Cannot read ${what}: it does not exist`)
    return statOf(key, found, what, host).bytes
  }

  function nothing(bytes: number): Readable {
    if (start <= bytes) return Readable.from([], { objectMode: false })
    throw host.error('STORAGE_FAILED', `${what} has ${bytes} bytes, so none from byte ${start} on`)
  }
}

class BeyondEnd extends Error {}
